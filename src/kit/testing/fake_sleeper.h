// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "kit/task/signal.h"
#include "kit/task/sleep.h"

namespace vedette {

// A sleeper whose sleepers wake when the test says so. Thread-safe.
class FakeSleeper final : public Sleeper {
 public:
  Task<void> Sleep(std::chrono::nanoseconds duration) override {
    const Signal wake;
    {
      const std::scoped_lock lock(mutex_);
      asked_.push_back(duration);
      sleeping_.push_back({duration, wake});
    }
    changed_.notify_all();
    const Leaving leaving{this, wake};
    if (!co_await wake.Wait()) co_await Yield();  // throws, as a real sleep would
  }

  // Waits until somebody sleeps and wakes who has slept longest; how long it wanted to sleep.
  // Throws std::runtime_error when nobody comes within ten seconds. Not on a thread of the runtime.
  std::chrono::nanoseconds WakeNext() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return !sleeping_.empty(); })) {
      throw std::runtime_error("nobody sleeps");
    }
    const Sleeping first = sleeping_.front();
    sleeping_.pop_front();
    lock.unlock();
    first.wake.Set();
    return first.duration;
  }

  // Waits until `count` sleep, in the same way.
  void AwaitSleepers(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10),
                           [&] { return sleeping_.size() >= count; })) {
      throw std::runtime_error("too few sleep");
    }
  }

  std::size_t sleepers() const {
    const std::scoped_lock lock(mutex_);
    return sleeping_.size();
  }

  // Every duration that was asked for, in order.
  std::vector<std::chrono::nanoseconds> asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

 private:
  struct Sleeping {
    std::chrono::nanoseconds duration;
    Signal wake;
  };
  // Who was cancelled sleeps no more.
  struct Leaving {
    FakeSleeper* sleeper;
    Signal wake;
    ~Leaving() {
      const std::scoped_lock lock(sleeper->mutex_);
      if (!wake.IsSet()) wake.Set();
      std::erase_if(sleeper->sleeping_, [](const Sleeping& one) { return one.wake.IsSet(); });
    }
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Sleeping> sleeping_;
  std::vector<std::chrono::nanoseconds> asked_;
};

}  // namespace vedette
