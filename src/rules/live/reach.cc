// SPDX-License-Identifier: Apache-2.0
#include "rules/live/reach.h"

#include <algorithm>
#include <string_view>

#include "rules/check/literal_duration.h"

namespace vedette::rules {
namespace {

using Role = CatalogItem::Role;

class ReachFinder {
 public:
  explicit ReachFinder(const Catalog& catalog) : catalog_(catalog) {}

  void Visit(const CheckedExpression& checked) {
    Walk(*checked.ast->root, checked);
    for (const std::string& form : checked.facts.forms) {
      AddForm(form);
    }
    for (const std::uint32_t item : checked.facts.items) {
      if (!reaches_.contains(item)) {
        reaches_[item].all = true;
      }
    }
  }

  // Every field: a row is there, and stands where it does, by any of them.
  void AddForm(std::string_view form) {
    for (std::uint32_t item = 0; item < catalog_.items.size(); ++item) {
      if (catalog_.items[item].role == Role::kFormField && catalog_.items[item].form == form) {
        reaches_[item].all = true;
      }
    }
  }

  void AddVisit(const CatalogVisit& visit) {
    AddAttribute(catalog_.visit_reference);
    if (const CatalogItem* item = catalog_.FindByCode(visit.item); item != nullptr) {
      reaches_[catalog_.IndexOf(*item)].all = true;
    }
  }

  void AddAnchor(std::uint32_t item) { reaches_.try_emplace(item); }

  std::map<std::uint32_t, Reach> Take() { return std::move(reaches_); }

 private:
  void AddAttribute(std::string_view name) {
    if (const CatalogItem* item = catalog_.FindAttribute(name); item != nullptr) {
      reaches_[catalog_.IndexOf(*item)].all = true;
    }
  }

  void Walk(const Expr& expr, const CheckedExpression& checked) {
    const std::int32_t reference = checked.references[expr.id];
    if (reference >= 0 &&
        catalog_.items[static_cast<std::size_t>(reference)].role != Role::kSeries) {
      reaches_[static_cast<std::uint32_t>(reference)].all = true;
    }
    const Type& type = checked.TypeOf(expr);
    if (type.kind == TypeKind::kVisit) {
      AddVisits(expr);
    } else if (type.kind == TypeKind::kForm) {
      AddForm(type.name);
    } else if (type.kind == TypeKind::kSubject) {
      AddAttribute(catalog_.first_dose);
      AddAttribute(catalog_.last_dose);
    } else if (type.kind == TypeKind::kSeries && type.item >= 0 && !member_of_series_) {
      reaches_[static_cast<std::uint32_t>(type.item)].all = true;
    }
    if (expr.target != nullptr) {
      const Type& target = checked.TypeOf(*expr.target);
      const bool of_series = target.kind == TypeKind::kSeries && target.item >= 0;
      if (of_series) {
        AddMember(expr, static_cast<std::uint32_t>(target.item));
      }
      const bool outer = member_of_series_;
      member_of_series_ = of_series;
      Walk(*expr.target, checked);
      member_of_series_ = outer;
    }
    const bool outer = member_of_series_;
    member_of_series_ = false;
    for (const ExprPtr& argument : expr.args) {
      Walk(*argument, checked);
    }
    member_of_series_ = outer;
  }

  void AddVisits(const Expr& expr) {
    const std::string_view name = expr.kind == ExprKind::kSelect ? expr.name : std::string_view();
    for (const CatalogVisit& visit : catalog_.visits) {
      if (name.empty() || name == visit.code) {
        AddVisit(visit);
      }
    }
  }

  void AddBaseline(Reach* reach) {
    reach->baseline = true;
    AddAttribute(catalog_.first_dose);
  }

  void AddMember(const Expr& expr, std::uint32_t item) {
    Reach& reach = reaches_[item];
    const std::string_view name = expr.name;
    const auto count = [&](std::int64_t otherwise) {
      const auto written =
          expr.args.empty() ? std::optional(otherwise) : LiteralInteger(*expr.args[0]);
      return static_cast<std::uint32_t>(
          std::clamp<std::int64_t>(written.value_or(INT32_MAX), 0, INT32_MAX));
    };
    if (name == "value" || name == "time" || name == "uln" || name == "lln" || name == "xuln" ||
        name == "xlln") {
      reach.current = true;
    } else if (name == "grade_low" || name == "grade_high" || name == "change" ||
               name == "pct_change") {
      reach.current = true;
      AddBaseline(&reach);
    } else if (name == "baseline" || name == "base_grade_low" || name == "base_grade_high") {
      AddBaseline(&reach);
    } else if (name == "prev") {
      reach.current = true;
      reach.next = std::max(reach.next, count(1));
    } else if (name == "last") {
      reach.current = true;
      reach.next = std::max(reach.next, count(INT32_MAX));
    } else if (name == "window" || name == "asof") {
      const auto length =
          expr.args.size() == 1 ? LiteralSeconds(*expr.args[0]) : std::optional<std::int64_t>();
      reach.onward = reach.onward || !length;
      reach.window = std::max(reach.window, length.value_or(0));
    } else if (name == "before") {
      reach.onward = true;
    } else if (name == "missed_in_a_row") {
      reach.all = true;
      AddAttribute(catalog_.first_dose);
    } else if (name != "in") {
      reach.all = true;
    }
  }

  const Catalog& catalog_;
  std::map<std::uint32_t, Reach> reaches_;
  bool member_of_series_ = false;
};

}  // namespace

std::map<std::uint32_t, Reach> ReachOf(const Rule& rule, const Catalog& catalog) {
  ReachFinder finder(catalog);
  const RuleDefinition& definition = rule.definition();
  for (const std::uint32_t item : rule.anchors()) {
    finder.AddAnchor(item);
  }
  if (definition.scope == EvaluationScope::kRow) {
    finder.AddForm(definition.each_form);
  } else if (definition.scope == EvaluationScope::kVisit) {
    for (const CatalogVisit& visit : catalog.visits) {
      finder.AddVisit(visit);
    }
  }
  finder.Visit(rule.when().checked());
  if (rule.resolve_when() != nullptr) {
    finder.Visit(rule.resolve_when()->checked());
  }
  return finder.Take();
}

}  // namespace vedette::rules
