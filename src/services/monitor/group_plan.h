// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
//
// A correction names the version it replaces, in the log or earlier in the group. What the log
// holds of those in targets() is told by StoredTarget; then Trace makes the lineages to insert
// with.
class GroupPlan {
 public:
  struct First {
    std::size_t batch;
    std::size_t row;
    const PreparedEvent* event;
  };

  // A version that a correction names.
  struct Target {
    std::string_view study;
    ShortHash key;
  };
  struct StoredVersion {
    Uuid id;
    std::string subject_id;
    std::string item;
    std::int32_t version = 1;
    ShortHash root{};
    bool corrected = false;  // a later version is there
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
  const std::vector<Target>& targets() const { return targets_; }
  void StoredTarget(std::size_t target, StoredVersion version);
  void Trace();
  // Of an index into firsts(), once traced.
  const Lineage& LineageOf(std::size_t first) const;

  void StoredAlready(std::size_t first, const ShortHash& content);
  Judgement Judge() const;

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  struct Key {
    std::string_view study;
    ShortHash hash;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Row {
    const PreparedEvent* event;
    std::size_t first;
    bool is_first;
  };
  struct Stored {
    bool already = false;
    ShortHash content{};
  };
  struct Correction {
    std::size_t first;             // the correcting row
    std::size_t target;            // into targets_
    std::size_t of_group = kNone;  // the row it corrects, into firsts_, when that is in the group
    Lineage lineage;
  };
  // Who takes a target, as far as judged: the batch.
  using Takers = std::vector<std::size_t>;
  // Why a correction cannot be taken; nullptr when it can. `firm`: whatever becomes of the others.
  const char* Fault(const Correction& correction,
                    std::size_t batch,
                    const std::vector<bool>& refused,
                    Takers& takers,
                    bool* firm) const;

  std::vector<First> firsts_;
  std::vector<Stored> stored_;             // by first
  std::vector<std::vector<Row>> batches_;  // by batch, its rows
  std::unordered_map<Key, std::size_t, KeyHash> by_key_;
  std::vector<Target> targets_;
  std::vector<std::optional<StoredVersion>> stored_targets_;
  std::unordered_map<std::size_t, Correction> corrections_;  // by first
};

}  // namespace vedette::monitor
