// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/group_plan.h"

#include <utility>

namespace vedette::monitor {
namespace {

constexpr char kOtherContent[] = "came before for an observation with other content";
constexpr char kNoTarget[] = "names no observation that was recorded before";
constexpr char kOtherRecord[] = "names an observation of another subject or item";
constexpr char kCorrected[] = "was already corrected by a later version; correct that one";

std::string Field(std::size_t row, const char* name) {
  return "events[" + std::to_string(row) + "]." + name;
}

}  // namespace

std::size_t GroupPlan::KeyHash::operator()(const Key& key) const {
  // The end of the key is a hash already; the beginning is shared by neighbours.
  std::size_t tail = 0;
  std::memcpy(&tail, key.hash.data() + key.hash.size() - sizeof tail, sizeof tail);
  return tail ^ std::hash<std::string_view>{}(key.study);
}

GroupPlan::GroupPlan(const std::vector<std::shared_ptr<const RecordBatch>>& batches) {
  std::size_t rows = 0;
  for (const auto& batch : batches) rows += batch->events.size();
  by_key_.reserve(rows);
  firsts_.reserve(rows);
  batches_.reserve(batches.size());
  std::unordered_map<Key, std::size_t, KeyHash> targets;
  for (std::size_t b = 0; b < batches.size(); ++b) {
    const RecordBatch& batch = *batches[b];
    std::vector<Row>& planned = batches_.emplace_back();
    planned.reserve(batch.events.size());
    for (std::size_t r = 0; r < batch.events.size(); ++r) {
      const PreparedEvent& event = batch.events[r];
      const auto [found, is_first] =
          by_key_.try_emplace(Key{batch.study_id, event.key}, firsts_.size());
      if (is_first) {
        if (event.corrects) {
          const auto [target, is_new] =
              targets.try_emplace(Key{batch.study_id, *event.corrects}, targets_.size());
          if (is_new) targets_.push_back({batch.study_id, *event.corrects});
          corrections_.emplace(firsts_.size(),
                               Correction{.first = firsts_.size(), .target = target->second});
        }
        firsts_.push_back({b, r, &event});
      }
      planned.push_back({&event, found->second, is_first});
    }
  }
  stored_.resize(firsts_.size());
  stored_targets_.resize(targets_.size());
}

void GroupPlan::StoredTarget(std::size_t target, StoredVersion version) {
  stored_targets_[target] = std::move(version);
}

void GroupPlan::Trace() {
  for (std::size_t f = 0; f < firsts_.size() && !corrections_.empty(); ++f) {
    const auto found = corrections_.find(f);
    if (found == corrections_.end()) continue;
    Correction& correction = found->second;
    const Target& target = targets_[correction.target];
    if (const auto& stored = stored_targets_[correction.target]) {
      correction.lineage = {stored->version + 1, stored->root, stored->id};
      continue;
    }
    const auto of_group = by_key_.find(Key{target.study, target.key});
    if (of_group == by_key_.end() || of_group->second >= f) continue;
    correction.of_group = of_group->second;
    const PreparedEvent& before = *firsts_[correction.of_group].event;
    const Lineage& lineage = LineageOf(correction.of_group);
    correction.lineage = {lineage.version + 1, lineage.root ? lineage.root : before.key,
                          before.event.id};
  }
}

const Lineage& GroupPlan::LineageOf(std::size_t first) const {
  static const Lineage kFirstVersion;
  const auto found = corrections_.find(first);
  return found == corrections_.end() ? kFirstVersion : found->second.lineage;
}

void GroupPlan::StoredAlready(std::size_t first, const ShortHash& content) {
  stored_[first] = {true, content};
}

const char* GroupPlan::Fault(const Correction& correction,
                             std::size_t batch,
                             const std::vector<bool>& refused,
                             Takers& takers,
                             bool* firm) const {
  *firm = true;
  const Event& event = firsts_[correction.first].event->event;
  if (const auto& stored = stored_targets_[correction.target]) {
    if (stored->subject_id != event.subject_id || stored->item != event.item) return kOtherRecord;
    if (stored->corrected) return kCorrected;
  } else if (correction.of_group == kNone) {
    return kNoTarget;
  } else {
    const First& target = firsts_[correction.of_group];
    *firm = target.batch == batch;
    // What is going to be undone: the next plan decides.
    if (refused[target.batch]) return nullptr;
    const Event& before = target.event->event;
    if (before.subject_id != event.subject_id || before.item != event.item) return kOtherRecord;
  }
  std::size_t& taker = takers[correction.target];
  if (taker != kNone && !refused[taker]) {
    *firm = taker == batch;
    return kCorrected;
  }
  taker = batch;
  return nullptr;
}

GroupPlan::Judgement GroupPlan::Judge() const {
  Judgement judgement;
  std::vector<bool> refused(batches_.size(), false);
  // Refused whatever becomes of the other batches: by the log, or by itself.
  std::vector<bool> firmly(batches_.size(), false);
  Takers takers(targets_.size(), kNone);
  judgement.answers.reserve(batches_.size());
  for (std::size_t b = 0; b < batches_.size(); ++b) {
    RecordOutcome outcome;
    bool inserts = false;
    Error conflict{Code::kConflict,
                   "Some observations contradict what the log holds; nothing was taken."};
    for (std::size_t r = 0; r < batches_[b].size(); ++r) {
      const Row& row = batches_[b][r];
      const First& first = firsts_[row.first];
      const Stored& stored = stored_[row.first];
      const ShortHash& content = stored.already ? stored.content : first.event->content;
      if (row.is_first && !stored.already) {
        inserts = true;
        ++outcome.recorded;
        if (const auto correction = corrections_.find(row.first);
            correction != corrections_.end()) {
          ++outcome.corrections;
          bool firm = false;
          if (const char* fault = Fault(correction->second, b, refused, takers, &firm)) {
            conflict.violations.push_back({Field(r, "corrects"), fault});
            if (firm) firmly[b] = true;
          }
        }
      } else if (row.event->content == content) {
        ++outcome.duplicates;
      } else if (stored.already || first.batch == b || !refused[first.batch]) {
        conflict.violations.push_back({Field(r, "idempotencyKey"), kOtherContent});
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
