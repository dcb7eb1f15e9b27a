// SPDX-License-Identifier: Apache-2.0
#include "services/rule/watchers.h"

namespace vedette::rule {

Watchers::Watch::Watch(Watchers& watchers) : watchers_(watchers) {
  const std::scoped_lock lock(watchers_.mutex_);
  id_ = watchers_.next_id_++;
  watchers_.signals_.emplace(id_, Signal());
  if (watchers_.closed_) watchers_.signals_.at(id_).Set();
}

Watchers::Watch::~Watch() {
  const std::scoped_lock lock(watchers_.mutex_);
  watchers_.signals_.erase(id_);
}

Task<void> Watchers::Watch::Wait(SteadyTime limit) {
  const Signal signal = watchers_.SignalOf(id_);
  co_await signal.WaitUntil(limit);
  watchers_.Rearm(id_);
}

Signal Watchers::SignalOf(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  return signals_.at(id);
}

void Watchers::Rearm(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  // A wait that ended early left its signal waited for: it cannot be waited for again.
  if (!closed_) signals_.at(id) = Signal();
}

void Watchers::Wake() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, signal] : signals_) signal.Set();
}

void Watchers::Close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  for (const auto& [id, signal] : signals_) signal.Set();
}

bool Watchers::closed() const {
  const std::scoped_lock lock(mutex_);
  return closed_;
}

}  // namespace vedette::rule
