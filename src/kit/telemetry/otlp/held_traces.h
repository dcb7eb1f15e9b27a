// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "kit/telemetry/span_data.h"

namespace vedette {

// The ended spans of traces that are not sampled, until the last span of their trace that is open
// here ends and it is known whether one failed with a fault. Bounded; thread-safe, by shards, so
// that traces seldom meet.
class HeldTraces {
 public:
  // `max_traces` is divided among the shards: with many traces at once a full shard turns one away
  // a little before the whole is full.
  HeldTraces(std::size_t max_traces, std::size_t max_spans_per_trace);

  // A span begins. False when its trace is not watched and cannot be: there are too many.
  bool Open(const TraceContext& context);

  // A span for which Open was true ends. Returns the trace's spans when it was the last one open
  // and one of them failed, else nothing.
  std::vector<std::unique_ptr<Span::Data>> Close(std::unique_ptr<Span::Data> span);

  // Traces watched now.
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  using TraceId = std::array<std::uint8_t, 16>;
  struct Hash {
    std::size_t operator()(const TraceId& id) const;
  };
  struct Held {
    std::size_t open = 0;
    bool failed = false;
    std::vector<std::unique_ptr<Span::Data>> spans;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<TraceId, Held, Hash> traces;
  };
  static constexpr std::size_t kShards = 16;

  Shard& ShardOf(const TraceId& id) { return shards_[id[15] % kShards]; }

  const std::size_t max_traces_per_shard_;
  const std::size_t max_spans_;
  std::atomic<std::size_t> size_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace vedette
