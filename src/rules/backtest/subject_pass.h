// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "rules/backtest/condition_columns.h"
#include "rules/backtest/history_oracle.h"
#include "rules/live/episode.h"
#include "rules/rule.h"

namespace vedette::rules {

// Judges a rule of subject scope over the columns, some subjects at a time.
class SubjectPass {
 public:
  // Anchors of one subject in order of (time, key), at least one of them true.
  using Found = std::function<void(std::uint32_t subject, std::span<const JudgedAnchor> anchors)>;

  struct Counts {
    std::uint64_t judged = 0;
    std::uint64_t not_evaluable = 0;
  };

  // All outlive it. `now`: anchors that `settle` has not yet passed are not judged.
  SubjectPass(const Rule& rule, const History& history, HistoryOracle* oracle, Seconds now);

  // How many subjects from `first` on make a pass of a good size.
  std::uint32_t EndOfPass(std::uint32_t first) const;
  Counts Run(std::uint32_t first_subject, std::uint32_t end_subject, const Found& found);

  // Within `found`: EvidenceDigest of the anchor with this place in `anchors`.
  std::uint64_t DigestOf(std::size_t anchor);

 private:
  struct Lane {  // of one item whose observations are anchors
    std::uint32_t item = 0;
    const ItemColumns* columns = nullptr;
    std::unique_ptr<ConditionColumns> when;
    std::unique_ptr<ConditionColumns> resolve;  // null: cleared as soon as `when` is false
    RowRange range;
    RowBits wanted;
    RowBits resolve_wanted;
  };
  struct Place {
    std::uint32_t lane;
    std::uint32_t row;
  };

  void SetWanted(const RowRange& range, const ItemColumns& columns, RowBits* wanted) const;
  bool AnyTrue(std::uint32_t subject) const;
  void Collect(std::uint32_t subject);
  void CollectLane(std::uint32_t lane, std::uint32_t subject);

  const Rule& rule_;
  const History& history_;
  HistoryOracle* oracle_;
  Seconds now_;
  std::vector<Lane> lanes_;
  // Of the subject found last.
  std::uint32_t subject_ = 0;
  std::vector<JudgedAnchor> anchors_;
  std::vector<Place> places_;
  std::vector<std::pair<JudgedAnchor, Place>> merged_;
};

}  // namespace vedette::rules
