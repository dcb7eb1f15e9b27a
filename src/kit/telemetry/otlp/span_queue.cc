// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/span_queue.h"

#include <algorithm>

namespace vedette {

SpanQueue::SpanQueue(std::size_t limit, std::size_t batch_size, Gauge& waiting)
    : limit_(limit), batch_size_(batch_size), waiting_(waiting) {}

void SpanQueue::ShowLength() { waiting_.Set(static_cast<double>(spans_.size())); }

bool SpanQueue::Put(std::unique_ptr<Span::Data> span) {
  Signal wake;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_ || spans_.size() >= limit_) return false;
    spans_.push_back(std::move(span));
    ++accepted_;
    ShowLength();
    if (spans_.size() != batch_size_) return true;
    wake = wake_;
  }
  wake.Set();
  return true;
}

SpanQueue::Batch SpanQueue::Take() {
  const std::scoped_lock lock(mutex_);
  Batch batch;
  batch.reserve(std::min(batch_size_, spans_.size()));
  while (batch.size() < batch_size_ && !spans_.empty()) {
    batch.push_back(std::move(spans_.front()));
    spans_.pop_front();
  }
  ShowLength();
  return batch;
}

void SpanQueue::Settle(std::size_t spans) {
  std::vector<Signal> reached;
  {
    const std::scoped_lock lock(mutex_);
    settled_ += spans;
    std::erase_if(drains_, [&](const auto& drain) {
      if (drain.first > settled_) return false;
      reached.push_back(drain.second);
      return true;
    });
  }
  for (const Signal& signal : reached) signal.Set();
}

bool SpanQueue::IsUrgent() const {
  return closed_ || spans_.size() >= batch_size_ || (!drains_.empty() && !spans_.empty());
}

Signal SpanQueue::Wake() {
  const std::scoped_lock lock(mutex_);
  wake_ = Signal();
  if (IsUrgent()) wake_.Set();
  return wake_;
}

Signal SpanQueue::Drained() {
  Signal drained;
  Signal wake;
  {
    const std::scoped_lock lock(mutex_);
    if (settled_ >= accepted_) {
      drained.Set();
      return drained;
    }
    drains_.emplace_back(accepted_, drained);
    wake = wake_;
  }
  wake.Set();
  return drained;
}

void SpanQueue::Close() {
  Signal wake;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    wake = wake_;
  }
  wake.Set();
}

bool SpanQueue::closed() const {
  const std::scoped_lock lock(mutex_);
  return closed_;
}

std::size_t SpanQueue::size() const {
  const std::scoped_lock lock(mutex_);
  return spans_.size();
}

}  // namespace vedette
