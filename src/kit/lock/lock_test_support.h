// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "kit/lock/lock_base.h"
#include "kit/task/runtime.h"
#include "kit/testing/eventually.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/fake_sleeper.h"

namespace vedette::lock {

using LockResult = Result<std::unique_ptr<Lock>>;

// What a manager stands on: watchdogs sleep until the test wakes them, and time stands still.
struct LockWorld {
  explicit LockWorld(Clock& time) : clock(time) {}
  LockDependencies Dependencies() { return {clock, sleeper, random, metrics, Logger()}; }

  Clock& clock;
  FakeSleeper sleeper;
  SeededRandom random{3};
  MetricsRegistry metrics;
};

inline Deadline Soon() { return Deadline::After(SystemClock(), std::chrono::seconds(20)); }

inline LockResult TryAcquire(Runtime& runtime,
                             LockManager& locks,
                             const std::string& key,
                             std::chrono::milliseconds ttl = std::chrono::seconds(30)) {
  return Await<LockResult>(runtime, [&] { return locks.TryAcquire(key, ttl, Soon()); });
}

inline Status Release(Runtime& runtime, Lock& lock) {
  return Await<Status>(runtime, [&] { return lock.Release(Soon()); });
}

inline Code CodeOf(const LockResult& result) {
  return result ? Code::kInternal : result.error().code;
}

using testkit::Eventually;

}  // namespace vedette::lock
