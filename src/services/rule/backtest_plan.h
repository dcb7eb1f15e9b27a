// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "rules/catalog.h"
#include "rules/rule.h"
#include "services/rule/types.h"

namespace vedette::rule {

// What BacktestOrder::compare_with says once it is settled that there is nothing to compare with.
inline constexpr std::int32_t kNoComparison = -1;

// What is to be tried: a kept version, or an envelope of one rule.
struct BacktestOrder {
  std::string rule_id;
  std::int32_t version = 0;  // 0: the newest
  std::string envelope;
  bool as_known = false;
  std::int32_t compare_with = 0;  // 0: the active version, if there is one
  bool operator==(const BacktestOrder&) const = default;
};

// What a back-test runs: the rule, an earlier version to compare it with, and the rules at work.
struct BacktestPlan {
  BacktestOrder order;  // settled: planned again later, it means the same versions
  std::shared_ptr<const rules::Catalog> catalog;
  std::shared_ptr<const rules::Rule> rule;
  std::shared_ptr<const rules::Rule> earlier;  // or null
  // For the overlap: those of other rules; what tells the treatment only where `unblinding`.
  std::vector<std::shared_ptr<const rules::Rule>> active;
  bool unblinding = false;  // the rule or the earlier version reads what tells the treatment
};

// What an order means, given all versions of the study. Pure. kNotFound, or the violations of an
// envelope or of `compareWith`.
Result<BacktestPlan> PlanBacktest(BacktestOrder order,
                                  std::shared_ptr<const rules::Catalog> catalog,
                                  const std::vector<RuleVersion>& versions);

// The codes of the items whose history the plan needs. Pure.
std::vector<std::string> ItemsOf(const BacktestPlan& plan);

}  // namespace vedette::rule
