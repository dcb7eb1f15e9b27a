// SPDX-License-Identifier: Apache-2.0
#include "rules/live/critical_times.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "rules/check/literal_duration.h"
#include "rules/clinical/clinical_scope.h"
#include "rules/clinical/visit_schedule.h"

namespace vedette::rules {
namespace {

// seconds = slope * now + constant.
struct Line {
  std::int64_t slope = 0;
  std::int64_t constant = 0;
};

// Names bound by a macro or cel.bind, on top of the clinical ones.
class BoundScope final : public Scope {
 public:
  BoundScope(const Scope& outer, std::string_view name, Value value)
      : outer_(outer), name_(name), value_(std::move(value)) {}
  std::optional<Value> Find(std::string_view name) const override {
    return name == name_ ? std::optional(value_) : outer_.Find(name);
  }
  std::optional<Value> Call(std::string_view function,
                            std::span<const Value> arguments) const override {
    return outer_.Call(function, arguments);
  }

 private:
  const Scope& outer_;
  std::string name_;
  Value value_;
};

// A rule asks for a few missed entries in a row, or for as many as it writes.
constexpr std::int64_t kFewEntries = 100;
constexpr std::int64_t kMostEntries = 10'000;

std::int64_t LargestInteger(const Expr& expr) {
  std::int64_t largest = LiteralInteger(expr).value_or(0);
  if (expr.target != nullptr) {
    largest = std::max(largest, LargestInteger(*expr.target));
  }
  for (const ExprPtr& argument : expr.args) {
    largest = std::max(largest, LargestInteger(*argument));
  }
  return largest;
}

constexpr std::int64_t kFar = 400'000'000'000;  // seconds: beyond CEL's years

class TurnFinder {
 public:
  TurnFinder(const CheckedExpression& checked, const SubjectView& subject, const Anchor& anchor)
      : checked_(checked),
        subject_(subject),
        anchor_(anchor),
        entries_(std::clamp(LargestInteger(*checked.ast->root), kFewEntries, kMostEntries)) {}

  void Walk(const Expr& expr, const Scope& scope) {
    if (expr.kind == ExprKind::kCall && expr.args.size() == 2 && IsComparison(expr.name)) {
      AddComparison(expr, scope);
    }
    if (expr.kind == ExprKind::kCall && expr.name == "missed_in_a_row" && expr.target != nullptr) {
      AddMissed(checked_.TypeOf(*expr.target).item);
    }
    AddWindow(expr);
    const bool binds = expr.kind == ExprKind::kMacro || expr.kind == ExprKind::kBind;
    if (expr.target != nullptr) {
      Walk(*expr.target, scope);
    }
    if (!binds) {
      for (const ExprPtr& argument : expr.args) {
        Walk(*argument, scope);
      }
      return;
    }
    WalkBound(expr, scope);
  }

  std::set<Seconds> Take() { return std::move(times_); }

 private:
  static bool IsComparison(std::string_view name) {
    return name == "_<_" || name == "_<=_" || name == "_>_" || name == "_>=_" || name == "_==_" ||
           name == "_!=_";
  }

  void WalkBound(const Expr& expr, const Scope& scope) {
    if (expr.kind == ExprKind::kBind) {
      if (expr.args.size() == 2) {
        Walk(*expr.args[0], scope);
        Walk(*expr.args[1], BoundScope(scope, expr.variable, Evaluate(*expr.args[0], scope)));
      }
      return;
    }
    for (const Value& element : ElementsOf(Evaluate(*expr.target, scope))) {
      const BoundScope inner(scope, expr.variable, element);
      for (const ExprPtr& body : expr.args) {
        Walk(*body, inner);
      }
    }
  }

  static ValueList ElementsOf(const Value& value) {
    if (const auto* list = value.As<std::shared_ptr<const ValueList>>()) {
      return **list;
    }
    if (const auto* object = value.As<std::shared_ptr<const Object>>()) {
      return (*object)->Elements().value_or(ValueList{});
    }
    return {};
  }

  // The expression as a line over now; nullopt where it is no time.
  std::optional<Line> LineOf(const Expr& expr, const Scope& scope) {
    if (expr.kind == ExprKind::kIdent && expr.name == "now") {
      return Line{1, 0};
    }
    if (expr.kind == ExprKind::kCall && expr.target == nullptr && expr.args.size() == 2 &&
        (expr.name == "_+_" || expr.name == "_-_")) {
      const auto left = LineOf(*expr.args[0], scope);
      const auto right = LineOf(*expr.args[1], scope);
      if (!left || !right) {
        return std::nullopt;
      }
      const int sign = expr.name == "_+_" ? 1 : -1;
      return Line{left->slope + sign * right->slope, left->constant + sign * right->constant};
    }
    if (expr.kind == ExprKind::kCall && expr.name == "_?_:_" && expr.args.size() == 3) {
      const Value condition = Evaluate(*expr.args[0], scope);
      const bool* truth = condition.As<bool>();
      return truth == nullptr ? std::nullopt : LineOf(*expr.args[*truth ? 1 : 2], scope);
    }
    const Value value = Evaluate(expr, scope);
    std::optional<std::int64_t> seconds;
    if (const auto* time = value.As<TimestampValue>()) {
      seconds = time->seconds;
    } else if (const auto* duration = value.As<DurationValue>()) {
      seconds = duration->seconds;
    }
    if (!seconds || *seconds > kFar || *seconds < -kFar) {
      return std::nullopt;
    }
    return Line{0, *seconds};
  }

  void AddComparison(const Expr& expr, const Scope& scope) {
    const auto left = LineOf(*expr.args[0], scope);
    const auto right = LineOf(*expr.args[1], scope);
    if (!left || !right || left->slope == right->slope) {
      return;
    }
    // Where both sides are equal; it turns there or a second later.
    const std::int64_t slope = left->slope - right->slope;
    const std::int64_t constant = right->constant - left->constant;
    const std::int64_t crossing = constant / slope;
    for (const std::int64_t time : {crossing - 1, crossing, crossing + 1}) {
      times_.insert(time);
    }
  }

  // Where an observation leaves a window that moves with `now`: a row's stands still.
  void AddWindow(const Expr& expr) {
    if (anchor_.row != nullptr || expr.kind != ExprKind::kCall || expr.target == nullptr ||
        expr.args.size() != 1 || (expr.name != "window" && expr.name != "asof")) {
      return;
    }
    const Type& series = checked_.TypeOf(*expr.target);
    const auto length = LiteralSeconds(*expr.args[0]);
    if (series.kind != TypeKind::kSeries || series.item < 0 || !length || *length > kFar) {
      return;
    }
    for (const Observation& observation :
         subject_.Series(static_cast<std::uint32_t>(series.item))) {
      times_.insert(observation.time() + *length + 1);
    }
  }

  void AddMissed(std::int32_t item) {
    if (item < 0) {
      return;
    }
    const auto index = static_cast<std::uint32_t>(item);
    const Seconds every = subject_.catalog().items[index].expected_every;
    std::optional<Seconds> since = TimeAttribute(subject_, subject_.catalog().first_dose);
    for (const Observation& observation : subject_.Series(index)) {
      if (observation.time() <= anchor_.now) {
        since = observation.time();
      }
    }
    if (every <= 0 || !since) {
      return;
    }
    // The first ones, and those around now.
    for (std::int64_t k = 0; k <= entries_; ++k) {
      times_.insert(*since + k * every + 1);
    }
    if (anchor_.now > *since) {
      const Seconds missed = (anchor_.now - *since) / every;
      for (Seconds k = missed; k <= missed + 1; ++k) {
        times_.insert(*since + k * every + 1);
      }
    }
  }

  const CheckedExpression& checked_;
  const SubjectView& subject_;
  const Anchor& anchor_;
  std::int64_t entries_;
  std::set<Seconds> times_;
};

}  // namespace

std::vector<Seconds> CriticalTimes(const Condition& condition,
                                   const SubjectView& subject,
                                   const Anchor& anchor,
                                   const FeatureContext& context) {
  const ClinicalScope scope(subject, anchor, context);
  TurnFinder finder(condition.checked(), subject, anchor);
  finder.Walk(condition.expr(), scope);
  std::set<Seconds> times = finder.Take();
  const Catalog& catalog = subject.catalog();
  for (const std::string* name : {&catalog.first_dose, &catalog.last_dose}) {
    if (const auto time = TimeAttribute(subject, *name)) {
      times.insert({*time, *time + 1});
    }
  }
  // What is dated comes to be seen at its time.
  const auto add_series = [&](std::uint32_t item) {
    for (const Observation& observation : subject.Series(item)) {
      times.insert(observation.time());
    }
  };
  for (const std::uint32_t item : condition.checked().facts.items) {
    add_series(item);
  }
  for (const CatalogVisit& visit : catalog.visits) {
    if (const CatalogItem* item = catalog.FindByCode(visit.item); item != nullptr) {
      add_series(catalog.IndexOf(*item));
    }
  }
  return {times.begin(), times.end()};
}

}  // namespace vedette::rules
