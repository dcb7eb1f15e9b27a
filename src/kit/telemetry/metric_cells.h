// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "kit/telemetry/metrics.h"

// The memory behind the metrics. A writer touches the shard of its thread only; a reader adds the
// shards up, so a reading made while others write may miss what they add meanwhile.
namespace vedette {

inline constexpr std::size_t kMetricShards = 16;
inline constexpr std::size_t kCacheLine = 64;

class ShardedCounter final : public Counter {
 public:
  void Add(std::uint64_t amount) override;
  std::uint64_t Value() const override;

 private:
  struct alignas(kCacheLine) Shard {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Shard, kMetricShards> shards_;
};

class AtomicGauge final : public Gauge {
 public:
  void Set(double value) override { value_.store(value, std::memory_order_relaxed); }
  void Add(double amount) override { value_.fetch_add(amount, std::memory_order_relaxed); }
  double Value() const override { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(kCacheLine) std::atomic<double> value_{0};
};

// One observation and the span in which it was made; an invalid trace stands for none.
struct Exemplar {
  TraceContext trace;
  double value = 0;
};

// NaN is not observed. Throws std::logic_error for bounds that are not ascending.
class ShardedHistogram final : public Histogram {
 public:
  explicit ShardedHistogram(std::span<const double> upper_bounds);
  void Observe(double value) override;
  void Observe(double value, const TraceContext& trace) override;

  struct Snapshot {
    std::vector<std::uint64_t> counts;  // per bucket, not cumulative; the last is +Inf
    double sum = 0;
  };
  Snapshot Read() const;
  // Per bucket; empty when there never was one.
  std::vector<Exemplar> Exemplars() const;
  const std::vector<double>& bounds() const { return bounds_; }

 private:
  static constexpr std::size_t kCellsPerLine = kCacheLine / sizeof(std::atomic<std::uint64_t>);
  struct alignas(kCacheLine) Line {
    std::array<std::atomic<std::uint64_t>, kCellsPerLine> cells{};
  };
  // One shard: the sum (a double's bits) in cell 0, then the buckets; padded to whole lines.
  std::atomic<std::uint64_t>& Cell(std::size_t shard, std::size_t index) const {
    return lines_[shard * lines_per_shard_ + index / kCellsPerLine].cells[index % kCellsPerLine];
  }

  std::size_t BucketOf(double value) const;

  std::vector<double> bounds_;
  mutable std::mutex exemplars_mutex_;
  std::vector<Exemplar> exemplars_;  // per bucket, made with the first; guarded by its mutex
  std::size_t lines_per_shard_;
  std::unique_ptr<Line[]> lines_;
};

}  // namespace vedette
