// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "rules/clinical/feature_reader.h"
#include "rules/clinical/record.h"
#include "rules/live/reach.h"
#include "rules/rule.h"

namespace vedette::rules {

// How the engine treats one of its rules.
struct PlannedRule {
  TimedRule timed;
  const RuleDefinition* definition = nullptr;
  enum class Kind : std::uint8_t {
    kSeries,  // judged at observations
    kRows,
    kTime,  // IsJudgedByTime
    kSite,  // of sites or the study: not the engine's work
  } kind = Kind::kSeries;
  std::vector<std::uint32_t> anchors;  // of kSeries
  Seconds settle = 0;

  bool JudgesReceived(Seconds received) const {
    return timed.from <= received && received < timed.until;
  }
};

// A rule that reads an item.
struct ItemUse {
  std::uint32_t rule = 0;
  bool anchor = false;
  Reach reach;
};

// How much of an item a bounded engine keeps.
struct ItemRetention {
  Seconds window = 0;       // before the earliest anchor that may be judged again
  std::uint32_t count = 0;  // and as many before that one
  bool baseline = false;    // and the last one at or before the first dose
  bool everything = false;
  // A change reaches anchors whatever their age.
  bool reaches_all = false;
  // Old changes reach anchors that may be final.
  bool reaches_final = false;
};

// What an engine derives of its rules once. Immutable.
struct EnginePlan {
  EnginePlan(std::shared_ptr<const Catalog> study_catalog, std::vector<TimedRule> timed_rules);

  std::shared_ptr<const Catalog> catalog;
  std::vector<TimedRule> timed_rules;
  std::vector<PlannedRule> rules;
  std::vector<std::vector<ItemUse>> uses;  // by item
  std::vector<ItemRetention> retention;    // by item
  std::vector<std::uint32_t> items;        // that any rule reads
  std::vector<bool> receipts;              // by item: fields of rows that versions divide
  std::unique_ptr<const RecordLayout> layout;
  StudyContext study;
  Seconds longest_settle = 0;
};

}  // namespace vedette::rules
