// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/metric_cells.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace vedette {
namespace {

// Threads number themselves in the order of their first metric, so the first 16 never share.
std::size_t ThisShard() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t shard =
      next.fetch_add(1, std::memory_order_relaxed) % kMetricShards;
  return shard;
}

}  // namespace

void ShardedCounter::Add(std::uint64_t amount) {
  shards_[ThisShard()].value.fetch_add(amount, std::memory_order_relaxed);
}

std::uint64_t ShardedCounter::Value() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
  return sum;
}

ShardedHistogram::ShardedHistogram(std::span<const double> upper_bounds)
    : bounds_(upper_bounds.begin(), upper_bounds.end()) {
  if (std::ranges::adjacent_find(bounds_, std::greater_equal<>{}) != bounds_.end()) {
    throw std::logic_error("histogram bounds must ascend");
  }
  for (const double bound : bounds_) {
    if (!std::isfinite(bound)) throw std::logic_error("histogram bounds must be finite");
  }
  const std::size_t cells = 1 + bounds_.size() + 1;
  lines_per_shard_ = (cells + kCellsPerLine - 1) / kCellsPerLine;
  lines_ = std::make_unique<Line[]>(lines_per_shard_ * kMetricShards);
}

std::size_t ShardedHistogram::BucketOf(double value) const {
  return static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) -
                                  bounds_.begin());
}

void ShardedHistogram::Observe(double value) {
  if (std::isnan(value)) return;
  const std::size_t bucket = BucketOf(value);
  const std::size_t shard = ThisShard();
  Cell(shard, 1 + bucket).fetch_add(1, std::memory_order_relaxed);
  std::atomic<std::uint64_t>& sum = Cell(shard, 0);
  std::uint64_t old = sum.load(std::memory_order_relaxed);
  while (!sum.compare_exchange_weak(
      old, std::bit_cast<std::uint64_t>(std::bit_cast<double>(old) + value),
      std::memory_order_relaxed)) {
  }
}

void ShardedHistogram::Observe(double value, const TraceContext& trace) {
  Observe(value);
  if (!trace.sampled || !trace.IsValid() || std::isnan(value)) return;
  const std::unique_lock lock(exemplars_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  if (exemplars_.empty()) exemplars_.resize(bounds_.size() + 1);
  exemplars_[BucketOf(value)] = {trace, value};
}

std::vector<Exemplar> ShardedHistogram::Exemplars() const {
  const std::scoped_lock lock(exemplars_mutex_);
  return exemplars_;
}

ShardedHistogram::Snapshot ShardedHistogram::Read() const {
  Snapshot snapshot;
  snapshot.counts.resize(bounds_.size() + 1);
  for (std::size_t shard = 0; shard < kMetricShards; ++shard) {
    snapshot.sum += std::bit_cast<double>(Cell(shard, 0).load(std::memory_order_relaxed));
    for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
      snapshot.counts[i] += Cell(shard, 1 + i).load(std::memory_order_relaxed);
    }
  }
  return snapshot;
}

}  // namespace vedette
