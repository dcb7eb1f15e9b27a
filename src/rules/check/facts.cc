// SPDX-License-Identifier: Apache-2.0
#include "rules/check/facts.h"

#include <algorithm>
#include <set>
#include <string>

#include "rules/check/literal_duration.h"

namespace vedette::rules {
namespace {

bool ReadsBaseline(std::string_view member) {
  static constexpr std::string_view kMembers[] = {"baseline",       "change",     "pct_change",
                                                  "grade_low",      "grade_high", "base_grade_low",
                                                  "base_grade_high"};
  return std::ranges::find(kMembers, member) != std::end(kMembers);
}

class FactFinder {
 public:
  FactFinder(const NodeFacts& nodes, const CheckerOptions& options)
      : nodes_(nodes), options_(options), catalog_(*options.catalog) {}

  RuleFacts Find(const Expr& root) {
    if (options_.scope == EvaluationScope::kRow) forms_.insert(options_.each_form);
    Walk(root);
    return Finish();
  }

 private:
  void Walk(const Expr& expr) {
    if (expr.target != nullptr) Walk(*expr.target);
    for (const ExprPtr& argument : expr.args) Walk(*argument);
    if (expr.kind == ExprKind::kIdent && expr.name == "now" &&
        TypeOf(expr).kind == TypeKind::kTimestamp) {
      facts_.reads_now = true;
    }
    if (TypeOf(expr).kind == TypeKind::kForm) forms_.insert(TypeOf(expr).name);
    if (const std::int32_t item = nodes_.references[expr.id]; item >= 0) Read(item);
    if (expr.target != nullptr) ReadMember(expr, TypeOf(*expr.target));
  }

  void Read(std::int32_t index) {
    const CatalogItem& item = catalog_.items[static_cast<std::size_t>(index)];
    RuleFacts::Retention& kept = facts_.retention[static_cast<std::uint32_t>(index)];
    facts_.unblinding = facts_.unblinding || item.unblinding;
    if (item.role == CatalogItem::Role::kSeries) {
      series_.insert(static_cast<std::uint32_t>(index));
    } else {
      kept.everything = true;
      reads_record_ = true;
    }
  }

  void ReadMember(const Expr& expr, const Type& target) {
    switch (target.kind) {
      case TypeKind::kSeries:
        ReadSeries(expr, facts_.retention[static_cast<std::uint32_t>(target.item)]);
        break;
      case TypeKind::kVisit:
        ReadVisit(expr.name, target.name);
        break;
      case TypeKind::kSubject:
        if (expr.name == "on_treatment") {
          ReadAttribute(catalog_.first_dose);
          ReadAttribute(catalog_.last_dose);
        }
        break;
      default:
        break;
    }
  }

  void ReadSeries(const Expr& expr, RuleFacts::Retention& kept) {
    if (ReadsBaseline(expr.name)) {
      kept.everything = true;
      facts_.reads_baseline = true;
      ReadAttribute(catalog_.first_dose);
    } else if (expr.name == "prev") {
      const auto count = expr.args.empty() ? 1 : LiteralInteger(*expr.args[0]).value_or(1);
      Keep(kept, count + 1);
    } else if (expr.name == "last") {
      Keep(kept, LiteralInteger(*expr.args[0]).value_or(1));
    } else if (expr.name == "window" || expr.name == "asof") {
      LookBack(kept, *expr.args[0]);
    } else if (expr.name == "before") {
      LookBack(kept, *expr.args[1]);
      kept.everything = true;  // the time it counts from may lie anywhere
    } else if (expr.name == "missed_in_a_row") {
      facts_.reads_now = true;
      ReadAttribute(catalog_.first_dose);
    }
  }

  static void Keep(RuleFacts::Retention& kept, std::int64_t observations) {
    kept.observations = std::max(kept.observations, static_cast<std::uint32_t>(observations));
  }

  void LookBack(RuleFacts::Retention& kept, const Expr& window) {
    const std::int64_t seconds = LiteralSeconds(window).value_or(0);
    kept.seconds = std::max(kept.seconds, seconds);
    facts_.look_back_seconds = std::max(facts_.look_back_seconds, seconds);
  }

  void ReadVisit(std::string_view member, std::string_view code) {
    if (member != "done" && member != "time") {
      ReadAttribute(catalog_.visit_reference);
      return;
    }
    reads_record_ = true;
    for (const CatalogVisit& visit : catalog_.visits) {
      if (!code.empty() && visit.code != code) continue;
      const CatalogItem* item = catalog_.FindByCode(visit.item);
      if (item != nullptr) facts_.retention[catalog_.IndexOf(*item)].everything = true;
    }
  }

  void ReadAttribute(std::string_view name) {
    if (name.empty()) return;
    const CatalogItem* item = catalog_.FindAttribute(name);
    if (item != nullptr) facts_.retention[catalog_.IndexOf(*item)].everything = true;
  }

  RuleFacts Finish() {
    const bool whole = reads_record_ || !forms_.empty() ||
                       options_.scope == EvaluationScope::kRow ||
                       options_.scope == EvaluationScope::kVisit;
    for (auto& [item, kept] : facts_.retention) {
      facts_.items.push_back(item);
      kept.everything = kept.everything || whole;
    }
    if (options_.scope == EvaluationScope::kSubject) {
      facts_.anchors.assign(series_.begin(), series_.end());
    }
    facts_.forms.assign(forms_.begin(), forms_.end());
    return std::move(facts_);
  }

  const Type& TypeOf(const Expr& expr) const { return nodes_.types[expr.id]; }

  const NodeFacts& nodes_;
  const CheckerOptions& options_;
  const Catalog& catalog_;
  RuleFacts facts_;
  std::set<std::uint32_t> series_;
  std::set<std::string> forms_;
  bool reads_record_ = false;  // a form, an attribute or a visit
};

}  // namespace

RuleFacts FindFacts(const Expr& root, const NodeFacts& nodes, const CheckerOptions& options) {
  return FactFinder(nodes, options).Find(root);
}

}  // namespace vedette::rules
