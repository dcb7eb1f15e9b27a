// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/history_oracle.h"

#include "rules/clinical/judge.h"
#include "rules/live/digest.h"

namespace vedette::rules {

HistoryOracle::HistoryOracle(const History& history,
                             const StudyContext& study,
                             const Rule& rule,
                             Seconds now,
                             const KriSource* kris)
    : history_(history),
      rule_(rule.definition()),
      now_(now),
      record_(history),
      context_{.study = &study, .units = &rule_.units, .kris = kris} {}

const SubjectView& HistoryOracle::Record(std::uint32_t subject) {
  record_.Select(subject);
  return record_;
}

const FeatureContext& HistoryOracle::ContextOf(std::uint32_t subject) {
  context_.subject_id = history_.SubjectId(subject);
  context_.site_id = history_.SiteId(subject);
  return context_;
}

Anchor HistoryOracle::AnchorOf(std::uint32_t subject, std::uint32_t row) const {
  const ItemColumns& anchors = history_.Item(item_);
  return {.item = item_,
          .index = row - anchors.offsets[subject],
          .time = anchors.time[row],
          .key = anchors.key[row],
          .as_of = anchors.time[row] + rule_.settle,
          .now = now_};
}

Slot HistoryOracle::Compute(const Feature& feature,
                            std::uint32_t subject,
                            std::uint32_t row,
                            bool* inexact) {
  return ReadFeature(feature, Record(subject), AnchorOf(subject, row), ContextOf(subject), inexact);
}

Truth HistoryOracle::Judge(const Condition& condition, std::uint32_t subject, std::uint32_t row) {
  return WalkAnchor(condition, Record(subject), AnchorOf(subject, row), ContextOf(subject));
}

std::uint64_t HistoryOracle::DigestOf(const Condition& condition,
                                      std::uint32_t subject,
                                      std::uint32_t row) {
  return EvidenceDigest(condition.features(), Record(subject), AnchorOf(subject, row),
                        ContextOf(subject));
}

}  // namespace vedette::rules
