// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "kit/config/section.h"
#include "kit/task/runtime.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"

namespace vedette {

struct WorkPoolOptions {
  std::int64_t workers = 8;        // tasks at a time
  std::int64_t queue_limit = 256;  // tasks that may wait
  std::chrono::milliseconds retry_after{1000};

  void Describe(config::Section& section) {
    section.Field("workers", workers,
                  {.text = "Background tasks at a time.", .minimum = 1, .maximum = 10'000});
    section.Field("queue_limit", queue_limit,
                  {.text = "Background tasks that may wait before more are refused.",
                   .minimum = 0,
                   .maximum = 1e6});
    section.Field(
        "retry_after", retry_after,
        {.text = "What a refused caller is told to wait.", .minimum = 1, .maximum = 600'000});
  }
};

// Coroutines in the background, e.g. one short message to send each, first come first served, on
// the threads of the runtime. What it holds is lost with the process: work that must not be lost
// goes through kit/queue. An exception ends its task alone and is counted. Thread-safe.
//
// Metrics, by pool: vedette_work_pool_tasks_total{outcome=done|failed|cancelled|refused},
// vedette_work_pool_running, vedette_work_pool_waiting, vedette_work_pool_task_seconds.
class WorkPool {
 public:
  struct State {
    std::string name;
    std::int64_t workers = 0;
    std::int64_t queue_limit = 0;
    std::int64_t running = 0;
    std::int64_t waiting = 0;
    std::uint64_t failed = 0;
    std::uint64_t refused = 0;
  };

  // `name` is from a closed set. `runtime` and `metrics` outlive it.
  WorkPool(std::string name,
           WorkPoolOptions options,
           Runtime& runtime,
           Logger logger,
           MetricsRegistry& metrics);
  ~WorkPool();  // after Drain
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // kResourceExhausted, with retry_after, when every worker is busy and the queue is full;
  // kUnavailable once it drains.
  Status Submit(std::move_only_function<Task<void>()> work);

  // Refuses new tasks, and lets those it has end for at most `grace`; then drops those that wait,
  // cancels those that run, and waits for their end. Call it once at least.
  Task<void> Drain(std::chrono::milliseconds grace);

  State Snapshot() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vedette
