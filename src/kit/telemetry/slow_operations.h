// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/code.h"
#include "kit/telemetry/status.h"
#include "kit/telemetry/trace_context.h"

namespace vedette {

// The latest operations that took longer than a threshold, for the status page. Bounded;
// thread-safe. Note costs one comparison for an operation that was quick.
class SlowOperations {
 public:
  // `clock` outlives it. Keeps the latest `capacity` (at least 1).
  SlowOperations(std::chrono::nanoseconds threshold, std::size_t capacity, const Clock& clock);

  // `kind` and `name` from closed sets ("rpc", "trial.GetStudy"; "sql", a statement's name).
  void Note(std::string_view kind,
            std::string_view name,
            std::chrono::nanoseconds duration,
            const TraceContext& trace) {
    if (duration.count() >= threshold_.load(std::memory_order_relaxed)) {
      Keep(kind, name, duration, trace);
    }
  }

  void SetThreshold(std::chrono::nanoseconds threshold);

  struct Entry {
    Timestamp ended;
    std::string kind;
    std::string name;
    std::chrono::nanoseconds duration{};
    TraceContext trace;
  };
  // The latest first.
  std::vector<Entry> Read() const;
  StatusTable Table() const;

 private:
  void Keep(std::string_view kind,
            std::string_view name,
            std::chrono::nanoseconds duration,
            const TraceContext& trace);

  std::atomic<std::int64_t> threshold_;
  const std::size_t capacity_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Entry> ring_;
  std::size_t next_ = 0;
};

}  // namespace vedette
