// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "services/monitor/prepare.h"

namespace vedette::monitor {

// What was put lately, by text. Two generations: when the young one holds `capacity` entries or is
// `lifetime` old, it becomes the old one, and what the old one held is forgotten. So there are at
// most 2 × capacity entries, and an entry is found for 2 × lifetime at most. Thread-safe.
template <class T>
class BoundedCache {
 public:
  BoundedCache(const Clock& clock, std::size_t capacity, std::chrono::nanoseconds lifetime)
      : clock_(clock), capacity_(capacity), lifetime_(lifetime), turned_at_(clock.SteadyNow()) {}

  std::optional<T> Get(std::string_view key) {
    const std::scoped_lock lock(mutex_);
    TurnWhenOld();
    if (const auto found = young_.find(key); found != young_.end()) return found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return std::nullopt;
    return found->second;
  }

  void Put(std::string key, T value) {
    const std::scoped_lock lock(mutex_);
    TurnWhenOld();
    if (young_.size() >= capacity_) Turn();
    young_.insert_or_assign(std::move(key), std::move(value));
  }

 private:
  void TurnWhenOld() {
    if (clock_.SteadyNow() - turned_at_ >= lifetime_) Turn();
  }
  void Turn() {
    old_ = std::exchange(young_, {});
    turned_at_ = clock_.SteadyNow();
  }

  const Clock& clock_;
  const std::size_t capacity_;
  const std::chrono::nanoseconds lifetime_;
  std::mutex mutex_;
  SteadyTime turned_at_;
  StringMap<T> young_;
  StringMap<T> old_;
};

}  // namespace vedette::monitor
