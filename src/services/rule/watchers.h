// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "kit/task/deadline.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::rule {

// Wakes those who wait for rules to change. Holds no changes: whoever is woken reads the store, so
// nothing can be lost, overtaken or piled up here. Thread-safe.
class Watchers {
 public:
  // One who waits; made before the first reading, so that no change falls between.
  class Watch {
   public:
    explicit Watch(Watchers& watchers);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // Ends with the next change since the last Wait, at `limit`, at Close, or when cancelled.
    Task<void> Wait(SteadyTime limit);

   private:
    Watchers& watchers_;
    std::uint64_t id_;
  };

  void Wake();
  // Wakes everybody for the last time.
  void Close();
  bool closed() const;

 private:
  Signal SignalOf(std::uint64_t id);
  void Rearm(std::uint64_t id);

  mutable std::mutex mutex_;
  std::map<std::uint64_t, Signal> signals_;
  std::uint64_t next_id_ = 0;
  bool closed_ = false;
};

}  // namespace vedette::rule
