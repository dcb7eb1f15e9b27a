// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rules/clinical/feature_reader.h"
#include "rules/live/alert.h"
#include "rules/rule.h"

namespace vedette::rules::testing {

// What is currently known of a subject, by (item, key): what a log answers.
using CurrentChanges = std::map<std::pair<std::uint32_t, std::uint64_t>, Change>;

void TakeOver(const Change& change, CurrentChanges* current);
std::vector<Change> ListOf(const CurrentChanges& current);

// What should be detected of a subject: every anchor judged from scratch by the tree walker, then
// folded. Shares no code with the engine beyond FoldEpisodes, ids and digests.
class Oracle {
 public:
  Oracle(std::shared_ptr<const Catalog> catalog, std::vector<TimedRule> rules);
  ~Oracle();

  // Alerts of the rules that are judged at observations and rows, by rule and founding anchor.
  std::vector<DetectedAlert> Detect(const CurrentChanges& current,
                                    std::string_view subject_id,
                                    Seconds now) const;
  // Of the rules that are judged by time: what is wrong with `found`; empty: nothing.
  std::string CheckAbsences(const CurrentChanges& current,
                            std::string_view subject_id,
                            Seconds now,
                            std::span<const DetectedAlert> found) const;

 private:
  std::shared_ptr<const Catalog> catalog_;
  std::vector<TimedRule> rules_;
  StudyContext study_;
};

}  // namespace vedette::rules::testing
