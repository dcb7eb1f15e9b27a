// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "rules/backtest/rule_run.h"
#include "rules/live/episode.h"
#include "rules/rule.h"

namespace vedette::rules {

// Folds judged anchors into the alerts that the live engine would hold.
class AlertCollector {
 public:
  // EvidenceDigest of an anchor, by its place among those given.
  using DigestOf = std::function<std::uint64_t(std::size_t anchor)>;

  AlertCollector(const Rule& rule, std::string_view study_id, RuleRun* run)
      : rule_(rule), study_id_(study_id), run_(run) {}

  // Anchors of one subject, or of a site or the study (kNoSubject), in order.
  void Add(std::uint32_t subject,
           std::string_view scope_key,
           std::span<const JudgedAnchor> anchors,
           const DigestOf& digest_of);

 private:
  const Rule& rule_;
  std::string_view study_id_;
  RuleRun* run_;
};

}  // namespace vedette::rules
