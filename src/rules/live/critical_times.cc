// SPDX-License-Identifier: Apache-2.0
#include "rules/live/critical_times.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "rules/check/literal_duration.h"
#include "rules/check/now_rule.h"
#include "rules/clinical/clinical_scope.h"
#include "rules/clinical/series_math.h"
#include "rules/clinical/visit_schedule.h"

namespace vedette::rules {
namespace {

// seconds = slope * now + constant.
struct Line {
  std::int64_t slope = 0;
  std::int64_t constant = 0;
};

// A name bound by cel.bind, on top of the clinical ones.
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

std::span<const Observation>::iterator FirstAfter(std::span<const Observation> series,
                                                  Seconds time) {
  return std::partition_point(series.begin(), series.end(),
                              [time](const Observation& one) { return one.time() <= time; });
}

constexpr std::int64_t kFar = 400'000'000'000;  // seconds: beyond CEL's years

// Whether what is compared with `now` is the same whenever it is looked at: literals, attributes,
// the plan of visits, and sums of them.
bool IsStill(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return true;
    case ExprKind::kIdent:
      return expr.name == "now" || expr.name == "subject" || expr.name == "visit";
    case ExprKind::kSelect:
      return expr.target != nullptr && expr.name != "on_treatment" && expr.name != "done" &&
             expr.name != "time" && IsStill(*expr.target);
    case ExprKind::kCall:
      return expr.target == nullptr &&
             std::ranges::all_of(expr.args, [](const ExprPtr& part) { return IsStill(*part); });
    default:
      return false;
  }
}

class TurnFinder {
 public:
  TurnFinder(const CheckedExpression& checked, const SubjectView& subject, const Anchor& anchor)
      : checked_(checked), subject_(subject), anchor_(anchor) {}

  void Walk(const Expr& expr, const Scope& scope) {
    if (expr.kind == ExprKind::kCall && expr.args.size() == 2 && IsComparison(expr.name)) {
      AddComparison(expr, scope);
    }
    if (expr.kind == ExprKind::kCall && expr.name == "missed_in_a_row" && expr.target != nullptr) {
      AddMissed(checked_.TypeOf(*expr.target).item);
    }
    AddWindow(expr);
    if (expr.target != nullptr) {
      Walk(*expr.target, scope);
    }
    if (expr.kind == ExprKind::kBind && expr.args.size() == 2) {
      Walk(*expr.args[0], scope);
      Walk(*expr.args[1], BoundScope(scope, expr.variable, Evaluate(*expr.args[0], scope)));
      return;
    }
    // What runs over a list does not compare with `now` (check/now_rule.h).
    for (const ExprPtr& argument : expr.args) {
      Walk(*argument, scope);
    }
  }

  std::vector<Seconds> TakeTimes() { return std::move(times_); }
  // Windows that move, by their series and length.
  const std::vector<std::pair<std::uint32_t, Seconds>>& windows() const { return windows_; }
  // Series of which entries are planned.
  const std::vector<std::uint32_t>& planned() const { return planned_; }
  bool still() const { return still_; }

 private:
  static bool IsComparison(std::string_view name) {
    return name == "_<_" || name == "_<=_" || name == "_>_" || name == "_>=_" || name == "_==_" ||
           name == "_!=_";
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
    // Without `now` on either side nothing turns by itself.
    if (!ReadsNow(expr)) {
      return;
    }
    // A row sees the same at all times.
    still_ =
        still_ && (anchor_.row != nullptr || (IsStill(*expr.args[0]) && IsStill(*expr.args[1])));
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
      times_.push_back(time);
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
    windows_.emplace_back(static_cast<std::uint32_t>(series.item), *length);
  }

  // The last entry missed by now, and the next.
  void AddMissed(std::int32_t item) {
    if (item < 0) {
      return;
    }
    const auto index = static_cast<std::uint32_t>(item);
    planned_.push_back(index);
    still_ = false;
    const Seconds every = subject_.catalog().items[index].expected_every;
    std::optional<Seconds> since = TimeAttribute(subject_, subject_.catalog().first_dose);
    const auto series = subject_.Series(index);
    const auto later = FirstAfter(series, std::min(anchor_.now, anchor_.as_of));
    if (later != series.begin()) {
      since = (later - 1)->time();
    }
    if (every <= 0 || !since) {
      return;
    }
    const std::int64_t missed = MissedEntries(*since, every, anchor_.now);
    const std::int64_t most =
        std::clamp(LargestInteger(*checked_.ast->root), kFewEntries, kMostEntries);
    times_.push_back(*since + std::min(missed, most) * every + 1);
    times_.push_back(*since + (missed + 1) * every + 1);
  }

  const CheckedExpression& checked_;
  const SubjectView& subject_;
  const Anchor& anchor_;
  std::vector<Seconds> times_;
  std::vector<std::pair<std::uint32_t, Seconds>> windows_;
  std::vector<std::uint32_t> planned_;
  bool still_ = true;
};

}  // namespace

CriticalTimes::CriticalTimes(const Condition& condition,
                             const SubjectView& subject,
                             const Anchor& anchor,
                             const FeatureContext& context) {
  const ClinicalScope scope(subject, anchor, context);
  TurnFinder finder(condition.checked(), subject, anchor);
  finder.Walk(condition.expr(), scope);
  times_ = finder.TakeTimes();
  still_ = finder.still();
  const Catalog& catalog = subject.catalog();
  for (const std::string* name : {&catalog.first_dose, &catalog.last_dose}) {
    if (const auto time = TimeAttribute(subject, *name)) {
      times_.push_back(*time);
      times_.push_back(*time + 1);
    }
  }
  const auto add_series = [&](std::uint32_t item, Seconds delay) {
    const auto observations = subject.Series(item);
    if (!observations.empty()) {
      series_.push_back({observations, delay});
    }
  };
  for (const auto& [item, length] : finder.windows()) {
    add_series(item, length + 1);
  }
  // What is dated comes to be seen at its time; a row sees as much at all times, but for what is
  // planned until now.
  for (const std::uint32_t item : finder.planned()) {
    add_series(item, 0);
  }
  if (anchor.row != nullptr) {
    return;
  }
  for (const std::uint32_t item : condition.checked().facts.items) {
    add_series(item, 0);
  }
  for (const CatalogVisit& visit : catalog.visits) {
    if (const CatalogItem* item = catalog.FindByCode(visit.item); item != nullptr) {
      add_series(catalog.IndexOf(*item), 0);
    }
  }
}

std::optional<Seconds> CriticalTimes::After(Seconds time) const {
  std::optional<Seconds> after;
  const auto add = [&](Seconds one) { after = after ? std::min(*after, one) : one; };
  for (const Seconds one : times_) {
    if (one > time) {
      add(one);
    }
  }
  for (const OfSeries& series : series_) {
    const auto later = FirstAfter(series.observations, time - series.delay);
    if (later != series.observations.end()) {
      add(later->time() + series.delay);
    }
  }
  return after;
}

std::optional<Seconds> CriticalTimes::UpTo(Seconds time) const {
  std::optional<Seconds> up_to;
  const auto add = [&](Seconds one) { up_to = up_to ? std::max(*up_to, one) : one; };
  for (const Seconds one : times_) {
    if (one <= time) {
      add(one);
    }
  }
  for (const OfSeries& series : series_) {
    const auto later = FirstAfter(series.observations, time - series.delay);
    if (later != series.observations.begin()) {
      add((later - 1)->time() + series.delay);
    }
  }
  return up_to;
}

}  // namespace vedette::rules
