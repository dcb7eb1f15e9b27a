// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

// Decides, for the batches of one transaction, which rows are new, which repeat what is there and
// which contradict it; as if the batches were written one after another, each wholly or not at all.
// Pure: the store tells it what it found. The batches must outlive it.
//
// Of the rows with the same study and key, the first of the group is the one to insert. When that
// insert finds the key in the log, StoredAlready says with which content.
class GroupPlan {
 public:
  struct First {
    std::size_t batch;
    std::size_t row;
    const PreparedEvent* event;
  };

  struct Judgement {
    // By batch: the counts, or kConflict with a violation for every row concerned.
    std::vector<Result<RecordOutcome>> answers;
    // Rows of a refused batch are among those inserted: undo, and plan again without the batches
    // refused here, of which there is one at least. The other answers are not final then.
    bool undo = false;
    // Indexes into firsts(): inserted, of batches that are not refused.
    std::vector<std::size_t> recorded;
  };

  explicit GroupPlan(const std::vector<std::shared_ptr<const RecordBatch>>& batches);

  const std::vector<First>& firsts() const { return firsts_; }
  void StoredAlready(std::size_t first, const ShortHash& content);
  Judgement Judge() const;

 private:
  struct Row {
    const PreparedEvent* event;
    std::size_t first;
    bool is_first;
  };
  struct Stored {
    bool already = false;
    ShortHash content{};
  };

  std::vector<First> firsts_;
  std::vector<Stored> stored_;             // by first
  std::vector<std::vector<Row>> batches_;  // by batch, its rows
};

}  // namespace vedette::monitor
