// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "rules/vocabulary.h"

namespace vedette::rule {

enum class RuleStatus : std::uint8_t { kDraft, kActive, kRetired };

// A person who stands for a version.
struct Signature {
  std::string user_id;
  std::string name;
  std::string meaning;
  Timestamp signed_at{};
  bool operator==(const Signature&) const = default;
};

// One version of a rule. What it says never changes; its status moves on, from draft to active to
// retired, and it gathers a back-test and signatures on the way.
struct RuleVersion {
  std::string version_id;
  std::string study_id;
  std::string rule_id;
  std::int32_t version = 1;
  std::string name;
  std::string name_zh;
  rules::Severity severity = rules::Severity::kWarning;
  std::string scope;
  std::string definition;  // the envelope in canonical form
  std::string content_hash;
  std::string plain_words;
  std::string plain_words_zh;
  std::vector<std::string> items;  // codes it reads
  bool unblinding = false;
  std::int32_t tests = 0;
  bool tests_passed = false;
  std::string created_by;
  Timestamp created_at{};
  RuleStatus status = RuleStatus::kDraft;
  std::string backtest_id;     // empty until one is attached
  rules::ActivePeriod period;  // from: max() while a draft; until: max() until retired
  std::vector<Signature> signatures;
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
