// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/group_plan.h"

#include <cstring>
#include <string_view>
#include <utility>

namespace vedette::monitor {
namespace {

struct Key {
  std::string_view study;
  ShortHash hash;
  bool operator==(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    // The end of the key is a hash already; the beginning is shared by neighbours.
    std::size_t tail = 0;
    std::memcpy(&tail, key.hash.data() + key.hash.size() - sizeof tail, sizeof tail);
    return tail ^ std::hash<std::string_view>{}(key.study);
  }
};

}  // namespace

GroupPlan::GroupPlan(const std::vector<std::shared_ptr<const RecordBatch>>& batches) {
  std::size_t rows = 0;
  for (const auto& batch : batches) rows += batch->events.size();
  std::unordered_map<Key, std::size_t, KeyHash> by_key;
  by_key.reserve(rows);
  firsts_.reserve(rows);
  batches_.reserve(batches.size());
  for (std::size_t b = 0; b < batches.size(); ++b) {
    const RecordBatch& batch = *batches[b];
    std::vector<Row>& planned = batches_.emplace_back();
    planned.reserve(batch.events.size());
    for (std::size_t r = 0; r < batch.events.size(); ++r) {
      const PreparedEvent& event = batch.events[r];
      const auto [found, is_first] =
          by_key.try_emplace(Key{batch.study_id, event.key}, firsts_.size());
      if (is_first) firsts_.push_back({b, r, &event});
      planned.push_back({&event, found->second, is_first});
    }
  }
  stored_.resize(firsts_.size());
}

void GroupPlan::StoredAlready(std::size_t first, const ShortHash& content) {
  stored_[first] = {true, content};
}

GroupPlan::Judgement GroupPlan::Judge() const {
  Judgement judgement;
  std::vector<bool> refused(batches_.size(), false);
  // Refused whatever becomes of the other batches: by the log, or by itself.
  std::vector<bool> firmly(batches_.size(), false);
  judgement.answers.reserve(batches_.size());
  for (std::size_t b = 0; b < batches_.size(); ++b) {
    RecordOutcome outcome;
    bool inserts = false;
    Error conflict{Code::kConflict,
                   "Some keys came before for observations with other content; nothing was taken."};
    for (std::size_t r = 0; r < batches_[b].size(); ++r) {
      const Row& row = batches_[b][r];
      const First& first = firsts_[row.first];
      const Stored& stored = stored_[row.first];
      const ShortHash& content = stored.already ? stored.content : first.event->content;
      if (row.is_first && !stored.already) {
        inserts = true;
        ++outcome.recorded;
      } else if (row.event->content == content) {
        ++outcome.duplicates;
      } else if (stored.already || first.batch == b || !refused[first.batch]) {
        conflict.violations.push_back({"events[" + std::to_string(r) + "].idempotencyKey",
                                       "came before for an observation with other content"});
        if (stored.already || first.batch == b) firmly[b] = true;
      }
      // Else it contradicts a row that is going to be undone: the next plan decides.
    }
    if (conflict.violations.empty()) {
      judgement.answers.emplace_back(outcome);
    } else {
      refused[b] = true;
      if (inserts) judgement.undo = true;
      judgement.answers.emplace_back(std::unexpected(std::move(conflict)));
    }
  }
  if (judgement.undo) {
    // Another refusal may rest on a batch that the next plan refuses; the first in order cannot.
    bool first_refusal = true;
    for (std::size_t b = 0; b < batches_.size(); ++b) {
      if (!refused[b]) continue;
      if (!first_refusal && !firmly[b]) judgement.answers[b] = RecordOutcome{};
      first_refusal = false;
    }
  } else {
    for (std::size_t f = 0; f < firsts_.size(); ++f) {
      if (!stored_[f].already && !refused[firsts_[f].batch]) judgement.recorded.push_back(f);
    }
  }
  return judgement;
}

}  // namespace vedette::monitor
