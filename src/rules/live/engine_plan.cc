// SPDX-License-Identifier: Apache-2.0
#include "rules/live/engine_plan.h"

#include <algorithm>

#include "rules/live/absence.h"

namespace vedette::rules {
namespace {

PlannedRule::Kind KindOf(const Rule& rule) {
  switch (rule.definition().scope) {
    case EvaluationScope::kSite:
    case EvaluationScope::kStudy:
      return PlannedRule::Kind::kSite;
    default:
      break;
  }
  if (IsJudgedByTime(rule)) {
    return PlannedRule::Kind::kTime;
  }
  return rule.definition().scope == EvaluationScope::kRow ? PlannedRule::Kind::kRows
                                                          : PlannedRule::Kind::kSeries;
}

// `own`: only the item's own observations are judged, which need no other to be current.
void Extend(ItemRetention* retention, const Reach& reach, PlannedRule::Kind kind, bool own) {
  if (kind != PlannedRule::Kind::kSeries) {
    // Rows and absences may be judged again at any time.
    retention->everything = true;
    return;
  }
  retention->window = std::max(retention->window, reach.window);
  if (reach.current) {
    retention->count = std::max(retention->count, reach.next + (own ? 0 : 1));
  }
  retention->baseline = retention->baseline || reach.baseline;
  retention->everything = retention->everything || reach.onward || reach.all;
  retention->reaches_all = retention->reaches_all || reach.all;
  retention->reaches_final = true;
}

}  // namespace

EnginePlan::EnginePlan(std::shared_ptr<const Catalog> study_catalog, std::vector<TimedRule> timed)
    : catalog(std::move(study_catalog)),
      timed_rules(std::move(timed)),
      uses(catalog->items.size()),
      retention(catalog->items.size()),
      receipts(catalog->items.size()),
      study(catalog) {
  for (const TimedRule& timed_rule : timed_rules) {
    const auto index = static_cast<std::uint32_t>(rules.size());
    const Rule& rule = *timed_rule.rule;
    PlannedRule& planned = rules.emplace_back();
    planned.timed = timed_rule;
    planned.definition = &rule.definition();
    planned.kind = KindOf(rule);
    planned.settle = rule.definition().settle;
    if (planned.kind == PlannedRule::Kind::kSite) {
      continue;
    }
    if (planned.kind == PlannedRule::Kind::kSeries) {
      planned.anchors.assign(rule.anchors().begin(), rule.anchors().end());
    }
    const bool for_ever = timed_rule.from == INT64_MIN && timed_rule.until == INT64_MAX;
    if (planned.kind == PlannedRule::Kind::kRows && !for_ever) {
      for (std::uint32_t item = 0; item < receipts.size(); ++item) {
        const CatalogItem& field = catalog->items[item];
        receipts[item] = receipts[item] || (field.role == CatalogItem::Role::kFormField &&
                                            field.form == planned.definition->each_form);
      }
    }
    longest_settle = std::max(longest_settle, planned.settle);
    for (const auto& [item, reach] : ReachOf(rule, *catalog)) {
      const bool anchor = std::ranges::find(planned.anchors, item) != planned.anchors.end();
      uses[item].push_back({.rule = index, .anchor = anchor, .reach = reach});
      const bool own = planned.anchors.size() == 1 && anchor;
      Extend(&retention[item], reach, planned.kind, own);
    }
  }
  for (std::uint32_t item = 0; item < uses.size(); ++item) {
    const bool dose = item == study.first_dose();
    if (!uses[item].empty() || dose) {
      items.push_back(item);
      const auto role = catalog->items[item].role;
      retention[item].everything =
          retention[item].everything || role != CatalogItem::Role::kSeries || dose;
    }
  }
  layout = std::make_unique<const RecordLayout>(catalog, items);
}

}  // namespace vedette::rules
