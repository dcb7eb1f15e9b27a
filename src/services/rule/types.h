// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "rules/rule_spec.h"

namespace vedette::rule {

enum class RuleStatus : std::uint8_t { kDraft, kActive, kRetired };

// One version of a rule. What it says never changes; only its status moves on, from draft to active
// to retired.
struct RuleVersion {
  rules::RuleSpec spec;
  RuleStatus status = RuleStatus::kDraft;
  std::string created_by;
  Timestamp created_at{};
  rules::ActivePeriod period;  // from: max() while a draft; until: max() until retired
  bool operator==(const RuleVersion&) const = default;
};

// The statuses a change of one version brought about.
struct StatusChange {
  std::string version_id;
  RuleStatus status;
  Timestamp at;
  bool operator==(const StatusChange&) const = default;
};

}  // namespace vedette::rule
