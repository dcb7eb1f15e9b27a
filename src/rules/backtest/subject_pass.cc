// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/subject_pass.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace vedette::rules {
namespace {

// Anchors of one pass: what its columns take stays in the second-level cache.
constexpr std::size_t kPassRows = 8'192;

}  // namespace

SubjectPass::SubjectPass(const Rule& rule,
                         const History& history,
                         HistoryOracle* oracle,
                         Seconds now)
    : rule_(rule), history_(history), oracle_(oracle), now_(now) {
  for (const std::uint32_t item : rule.anchors()) {
    const AnchorContext context{&history, item, rule.definition().settle, now};
    Lane& lane = lanes_.emplace_back();
    lane.item = item;
    lane.columns = &history.Item(item);
    lane.when = std::make_unique<ConditionColumns>(rule.when(), context, oracle);
    if (rule.resolve_when() != nullptr) {
      lane.resolve = std::make_unique<ConditionColumns>(*rule.resolve_when(), context, oracle);
    }
  }
}

std::uint32_t SubjectPass::EndOfPass(std::uint32_t first) const {
  auto end = static_cast<std::uint32_t>(history_.subjects());
  for (const Lane& lane : lanes_) {
    const std::vector<std::uint32_t>& offsets = lane.columns->offsets;
    const auto full =
        std::upper_bound(offsets.begin() + first + 1, offsets.end(), offsets[first] + kPassRows);
    end = std::min(end, static_cast<std::uint32_t>(full - offsets.begin()));
  }
  return end;
}

// `settle` asks for knowledge time to have reached the moment up to which an anchor sees.
void SubjectPass::SetWanted(const RowRange& range,
                            const ItemColumns& columns,
                            RowBits* wanted) const {
  const Seconds settle = rule_.definition().settle;
  wanted->Reset(range.size(), true);
  for (std::size_t i = 0; settle > 0 && i < range.size(); ++i) {
    wanted->Set(i, columns.time[range.begin + i] + settle <= now_);
  }
}

SubjectPass::Counts SubjectPass::Run(std::uint32_t first_subject,
                                     std::uint32_t end_subject,
                                     const Found& found) {
  Counts counts;
  for (Lane& lane : lanes_) {
    lane.range = {first_subject, end_subject, lane.columns->offsets[first_subject],
                  lane.columns->offsets[end_subject]};
    SetWanted(lane.range, *lane.columns, &lane.wanted);
    oracle_->SetAnchors(lane.item);
    lane.when->Run(lane.range, lane.wanted);
    const std::size_t judged = lane.wanted.Count();
    counts.judged += judged;
    counts.not_evaluable += judged - lane.when->is_true().Count() - lane.when->is_false().Count();
  }
  for (std::uint32_t subject = first_subject; subject < end_subject; ++subject) {
    if (AnyTrue(subject)) {
      Collect(subject);
      found(subject, anchors_);
    }
  }
  return counts;
}

bool SubjectPass::AnyTrue(std::uint32_t subject) const {
  return std::any_of(lanes_.begin(), lanes_.end(), [subject](const Lane& lane) {
    return lane.when->is_true().AnyIn(lane.columns->offsets[subject] - lane.range.begin,
                                      lane.columns->offsets[subject + 1] - lane.range.begin);
  });
}

void SubjectPass::Collect(std::uint32_t subject) {
  subject_ = subject;
  anchors_.clear();
  places_.clear();
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    CollectLane(lane, subject);
  }
  if (lanes_.size() == 1) {
    return;
  }
  merged_.clear();
  for (std::size_t i = 0; i < anchors_.size(); ++i) {
    merged_.emplace_back(anchors_[i], places_[i]);
  }
  std::sort(merged_.begin(), merged_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.time, a.first.key, a.first.item) <
           std::tie(b.first.time, b.first.key, b.first.item);
  });
  for (std::size_t i = 0; i < merged_.size(); ++i) {
    std::tie(anchors_[i], places_[i]) = merged_[i];
  }
}

void SubjectPass::CollectLane(std::uint32_t number, std::uint32_t subject) {
  Lane& lane = lanes_[number];
  const RowRange own{subject, subject + 1, lane.columns->offsets[subject],
                     lane.columns->offsets[subject + 1]};
  if (lane.resolve != nullptr) {
    SetWanted(own, *lane.columns, &lane.resolve_wanted);
    oracle_->SetAnchors(lane.item);
    lane.resolve->Run(own, lane.resolve_wanted);
  }
  for (std::uint32_t row = own.begin; row < own.end; ++row) {
    const std::size_t offset = row - lane.range.begin;
    if (!lane.wanted.Test(offset)) {
      continue;
    }
    const bool cleared = lane.resolve != nullptr ? lane.resolve->is_true().Test(row - own.begin)
                                                 : lane.when->is_false().Test(offset);
    const AnchorOutcome outcome = lane.when->is_true().Test(offset) ? AnchorOutcome::kTrue
                                  : cleared                         ? AnchorOutcome::kClear
                                                                    : AnchorOutcome::kNone;
    anchors_.push_back({lane.columns->time[row], lane.columns->key[row], lane.item, outcome});
    places_.push_back({number, row});
  }
}

std::uint64_t SubjectPass::DigestOf(std::size_t anchor) {
  const Place place = places_[anchor];
  oracle_->SetAnchors(lanes_[place.lane].item);
  return oracle_->DigestOf(rule_.when(), subject_, place.row);
}

}  // namespace vedette::rules
