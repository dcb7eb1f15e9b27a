// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_plan.h"

#include <set>
#include <utility>

#include "services/rule/authoring.h"
#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

// The rule that is tried; fixes the order's rule and version.
Result<std::shared_ptr<const rules::Rule>> Tried(
    BacktestOrder* order,
    const std::shared_ptr<const rules::Catalog>& catalog,
    const std::vector<RuleVersion>& versions) {
  if (!order->envelope.empty()) {
    VEDETTE_TRY(auto checked, CheckOneRule(order->envelope, order->rule_id, catalog));
    order->rule_id = checked.rule->definition().rule_id;
    order->version = 0;
    return checked.rule;
  }
  std::vector<RuleVersion> of_rule;
  for (const RuleVersion& version : versions) {
    if (version.rule_id == order->rule_id) of_rule.push_back(version);
  }
  const RuleVersion* chosen = Chosen(of_rule, order->version);
  if (chosen == nullptr) return Fail(Code::kNotFound, "There is no such rule version.");
  order->version = chosen->version;
  VEDETTE_TRY(auto checked, CheckOneRule(chosen->definition, chosen->rule_id, catalog));
  return checked.rule;
}

bool IsCompared(const BacktestOrder& order, const RuleVersion& version) {
  if (version.rule_id != order.rule_id || version.version == order.version) return false;
  if (order.compare_with == 0) return version.status == RuleStatus::kActive;
  return version.version == order.compare_with;
}

}  // namespace

Result<BacktestPlan> PlanBacktest(BacktestOrder order,
                                  std::shared_ptr<const rules::Catalog> catalog,
                                  const std::vector<RuleVersion>& versions) {
  BacktestPlan plan{.order = std::move(order), .catalog = std::move(catalog)};
  VEDETTE_TRY(plan.rule, Tried(&plan.order, plan.catalog, versions));
  for (const RuleVersion& version : versions) {
    const bool compared = IsCompared(plan.order, version);
    const bool other =
        version.rule_id != plan.order.rule_id && version.status == RuleStatus::kActive;
    if (!compared && !other) continue;
    // One that no longer fits the study's items has nothing to be compared on.
    auto checked = CheckOneRule(version.definition, version.rule_id, plan.catalog);
    if (!checked) continue;
    if (compared) {
      plan.earlier = checked->rule;
    } else {
      plan.active.push_back(checked->rule);
    }
  }
  if (plan.order.compare_with > 0 && plan.earlier == nullptr) {
    return FailField("compareWith", "is no version of this rule that still compiles");
  }
  plan.order.compare_with = plan.earlier ? plan.earlier->definition().version : kNoComparison;
  plan.unblinding =
      plan.rule->facts().unblinding || (plan.earlier && plan.earlier->facts().unblinding);
  // Else the overlap would tell the treatment.
  if (!plan.unblinding) {
    std::erase_if(plan.active, [](const auto& rule) { return rule->facts().unblinding; });
  }
  return plan;
}

std::vector<std::string> ItemsOf(const BacktestPlan& plan) {
  std::set<std::uint32_t> items;
  const auto add = [&](const rules::Rule& rule) {
    items.insert(rule.facts().items.begin(), rule.facts().items.end());
    items.insert(rule.anchors().begin(), rule.anchors().end());
    for (const std::string& form : rule.facts().forms) {
      for (std::uint32_t i = 0; i < plan.catalog->items.size(); ++i) {
        if (plan.catalog->items[i].form == form) items.insert(i);
      }
    }
  };
  add(*plan.rule);
  if (plan.earlier) add(*plan.earlier);
  for (const auto& rule : plan.active) add(*rule);
  // Baselines, visits and days on study stand on these.
  for (std::uint32_t i = 0; i < plan.catalog->items.size(); ++i) {
    const rules::CatalogItem& item = plan.catalog->items[i];
    if (item.role == rules::CatalogItem::Role::kAttribute) items.insert(i);
  }
  for (const rules::CatalogVisit& visit : plan.catalog->visits) {
    if (const auto* item = plan.catalog->FindByCode(visit.item)) {
      items.insert(plan.catalog->IndexOf(*item));
    }
  }
  std::vector<std::string> codes;
  codes.reserve(items.size());
  for (const std::uint32_t item : items) codes.push_back(plan.catalog->items[item].code);
  return codes;
}

}  // namespace vedette::rule
