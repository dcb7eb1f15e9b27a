// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/slow_operations.h"

#include <algorithm>

#include "kit/telemetry/process_status.h"

namespace vedette {

SlowOperations::SlowOperations(std::chrono::nanoseconds threshold,
                               std::size_t capacity,
                               const Clock& clock)
    : threshold_(threshold.count()), capacity_(std::max<std::size_t>(1, capacity)), clock_(clock) {
  ring_.reserve(capacity_);
}

void SlowOperations::SetThreshold(std::chrono::nanoseconds threshold) {
  threshold_.store(threshold.count(), std::memory_order_relaxed);
}

void SlowOperations::Keep(std::string_view kind,
                          std::string_view name,
                          std::chrono::nanoseconds duration,
                          const TraceContext& trace) {
  Entry entry{clock_.Now(), std::string(kind), std::string(name), duration, trace};
  const std::scoped_lock lock(mutex_);
  if (ring_.size() < capacity_) {
    ring_.push_back(std::move(entry));
  } else {
    ring_[next_] = std::move(entry);
  }
  next_ = (next_ + 1) % capacity_;
}

std::vector<SlowOperations::Entry> SlowOperations::Read() const {
  std::vector<Entry> entries;
  {
    const std::scoped_lock lock(mutex_);
    entries = ring_;
    if (ring_.size() == capacity_) {
      std::ranges::rotate(entries, entries.begin() + static_cast<std::ptrdiff_t>(next_));
    }
  }
  std::ranges::reverse(entries);
  return entries;
}

StatusTable SlowOperations::Table() const {
  StatusTable table{{"ended", "kind", "operation", "took", "trace"}, {}};
  for (const Entry& entry : Read()) {
    table.rows.push_back({FormatTime(entry.ended), entry.kind, entry.name,
                          FormatDuration(entry.duration),
                          entry.trace.IsValid() ? entry.trace.TraceIdHex() : std::string()});
  }
  return table;
}

}  // namespace vedette
