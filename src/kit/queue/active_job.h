// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "kit/queue/job.h"
#include "kit/task/spawn.h"

namespace vedette::queue {

// Why a handler's task was cancelled.
enum class StopReason : std::uint8_t { kNone, kTimeout, kCancelled, kLost, kStopping };

// A job that a runner has in hand. Thread-safe where it says so.
struct ActiveJob {
  ActiveJob(Job claimed, SteadyTime claimed_until, SteadyTime began)
      : job(std::move(claimed)), held_until(claimed_until), begin(began) {}

  const Job job;
  SteadyTime held_until;  // of the job's own coroutine
  const SteadyTime begin;
  Canceller canceller;

  // Cancels the handler; the first reason counts. From any thread.
  void Stop(StopReason reason) {
    StopReason none = StopReason::kNone;
    if (reason_.compare_exchange_strong(none, reason)) canceller.Cancel();
  }
  StopReason reason() const { return reason_; }

 private:
  std::atomic<StopReason> reason_ = StopReason::kNone;
};

}  // namespace vedette::queue
