// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "rules/backtest/condition_columns.h"
#include "rules/backtest/history_subject.h"
#include "rules/clinical/feature_reader.h"
#include "rules/rule.h"

namespace vedette::rules {

// Judges anchors of one rule one by one over a history, with the code of the live engine.
class HistoryOracle final : public ConditionColumns::Oracle {
 public:
  // All but `kris`, which may be null, outlive it.
  HistoryOracle(const History& history,
                const StudyContext& study,
                const Rule& rule,
                Seconds now,
                const KriSource* kris);

  // Whose observations the rows given below are.
  void SetAnchors(std::uint32_t item) { item_ = item; }
  Slot Compute(const Feature& feature,
               std::uint32_t subject,
               std::uint32_t row,
               bool* inexact) override;
  Truth Judge(const Condition& condition, std::uint32_t subject, std::uint32_t row) override;

  // EvidenceDigest of an anchor.
  std::uint64_t DigestOf(const Condition& condition, std::uint32_t subject, std::uint32_t row);

  // The record of a subject; valid until another one is asked for.
  const SubjectView& Record(std::uint32_t subject);
  // As Record, for features and the tree walker.
  const FeatureContext& ContextOf(std::uint32_t subject);
  Anchor AnchorOf(std::uint32_t subject, std::uint32_t row) const;

 private:
  const History& history_;
  const RuleDefinition& rule_;
  Seconds now_;
  std::uint32_t item_ = UINT32_MAX;
  HistorySubject record_;
  FeatureContext context_;
};

}  // namespace vedette::rules
