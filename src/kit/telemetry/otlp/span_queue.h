// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "kit/task/signal.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/span_data.h"

namespace vedette {

// Ended spans on their way to the thread that sends them. Many put in, one takes out. Bounded;
// thread-safe.
class SpanQueue {
 public:
  using Batch = std::vector<std::unique_ptr<Span::Data>>;

  // `waiting` shows its length and outlives it.
  SpanQueue(std::size_t limit, std::size_t batch_size, Gauge& waiting);

  // False when the queue is full or closed; the span is then gone.
  bool Put(std::unique_ptr<Span::Data> span);

  // Up to a batch; empty when nothing waits.
  Batch Take();
  // The taker is done with so many, one way or the other.
  void Settle(std::size_t spans);

  // A signal that is set when the taker should not wait for more: a batch is full, somebody waits
  // for a flush, or the queue is closed.
  Signal Wake();

  // A signal that is set when everything put in so far is settled.
  Signal Drained();

  // Takes no more.
  void Close();
  bool closed() const;
  std::size_t size() const;

 private:
  // With the mutex held.
  bool IsUrgent() const;
  void ShowLength();

  const std::size_t limit_;
  const std::size_t batch_size_;
  Gauge& waiting_;
  mutable std::mutex mutex_;
  std::deque<std::unique_ptr<Span::Data>> spans_;
  Signal wake_;
  bool closed_ = false;
  std::uint64_t accepted_ = 0;
  std::uint64_t settled_ = 0;
  std::vector<std::pair<std::uint64_t, Signal>> drains_;  // set once settled_ reaches the number
};

}  // namespace vedette
