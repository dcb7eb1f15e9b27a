// SPDX-License-Identifier: Apache-2.0
#include "kit/task/work_pool.h"

#include <array>
#include <boost/asio/this_coro.hpp>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "kit/task/cancellation.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace vedette {
namespace {

enum Outcome : std::size_t { kDone, kFailed, kCancelled, kRefused, kOutcomes };
constexpr std::array<std::string_view, kOutcomes> kOutcomeNames{"done", "failed", "cancelled",
                                                                "refused"};
using Work = std::move_only_function<Task<void>()>;

}  // namespace

struct WorkPool::Impl : std::enable_shared_from_this<Impl> {
  Impl(std::string pool_name,
       WorkPoolOptions pool_options,
       Runtime& pool_runtime,
       Logger pool_logger,
       MetricsRegistry& metrics)
      : name(std::move(pool_name)),
        options(pool_options),
        runtime(pool_runtime),
        logger(std::move(pool_logger)),
        running_gauge(metrics.GetGauge(
            "vedette_work_pool_running", "Background tasks that run.", {{"pool", name}})),
        waiting_gauge(metrics.GetGauge("vedette_work_pool_waiting",
                                       "Background tasks that wait for a worker.",
                                       {{"pool", name}})),
        seconds(metrics.GetHistogram("vedette_work_pool_task_seconds",
                                     "Time of a background task, waiting not included.",
                                     LatencyBuckets(),
                                     {{"pool", name}})) {
    for (std::size_t i = 0; i < kOutcomes; ++i) {
      counters[i] = &metrics.GetCounter(
          "vedette_work_pool_tasks_total", "Background tasks, by how they ended.",
          {{"pool", name}, {"outcome", std::string(kOutcomeNames[i])}});
    }
  }

  const std::string name;
  const WorkPoolOptions options;
  Runtime& runtime;
  const Logger logger;
  const SystemClock clock;
  Gauge& running_gauge;
  Gauge& waiting_gauge;
  Histogram& seconds;
  std::array<Counter*, kOutcomes> counters{};

  mutable std::mutex mutex;
  bool closed = false;
  std::uint64_t next_key = 0;
  std::unordered_map<std::uint64_t, Canceller> running;
  std::deque<Work> waiting;
  Signal empty;  // set once closed and nothing is left

  bool HasRoom() const { return running.size() < static_cast<std::size_t>(options.workers); }

  // Under the mutex: one worker more, which ends when nothing waits.
  void StartWorker(Work first) {
    const std::uint64_t key = next_key++;
    Canceller& canceller = running.emplace(key, Canceller()).first->second;
    Show();
    Spawn(
        runtime.Next(), std::move(first),
        [self = shared_from_this(), key, begin = clock.SteadyNow()](std::exception_ptr error) {
          self->End(key, begin, error);
        },
        canceller);
  }

  void End(std::uint64_t key, SteadyTime begin, const std::exception_ptr& error) {
    seconds.Observe(std::chrono::duration<double>(clock.SteadyNow() - begin).count());
    const Outcome outcome = !error ? kDone : IsCancellation(error) ? kCancelled : kFailed;
    counters[outcome]->Add();
    // What it says may hold values, so it is not logged.
    if (outcome == kFailed) logger.Error("a task ended by an exception", {{"pool", name}});
    bool last = false;
    {
      const std::lock_guard lock(mutex);
      running.erase(key);
      if (!waiting.empty()) {
        Work next = std::move(waiting.front());
        waiting.pop_front();
        StartWorker(std::move(next));
      }
      Show();
      last = closed && running.empty();
    }
    if (last) empty.Set();
  }

  void Show() {
    running_gauge.Set(static_cast<double>(running.size()));
    waiting_gauge.Set(static_cast<double>(waiting.size()));
  }

  void Close() {
    bool last = false;
    {
      const std::lock_guard lock(mutex);
      closed = true;
      last = running.empty();
    }
    if (last) empty.Set();
  }

  void DropAndCancel() {
    std::deque<Work> dropped;
    std::vector<Canceller> cancellers;
    {
      const std::lock_guard lock(mutex);
      dropped.swap(waiting);
      for (const auto& [key, canceller] : running) cancellers.push_back(canceller);
      Show();
    }
    counters[kCancelled]->Add(dropped.size());
    for (Canceller& canceller : cancellers) canceller.Cancel();
  }
};

WorkPool::WorkPool(std::string name,
                   WorkPoolOptions options,
                   Runtime& runtime,
                   Logger logger,
                   MetricsRegistry& metrics)
    : impl_(std::make_shared<Impl>(std::move(name), options, runtime, std::move(logger), metrics)) {
}

WorkPool::~WorkPool() {
  const std::lock_guard lock(impl_->mutex);
  // Tasks still running would use what their owner is about to destroy.
  if (impl_->running.empty()) return;
  impl_->logger.Error("a work pool was destroyed while tasks run", {{"pool", impl_->name}});
  std::abort();
}

Status WorkPool::Submit(std::move_only_function<Task<void>()> work) {
  Impl& impl = *impl_;
  {
    const std::lock_guard lock(impl.mutex);
    if (impl.closed) return Fail(Code::kUnavailable, "The service is stopping.");
    if (impl.HasRoom()) {
      impl.StartWorker(std::move(work));
      return {};
    }
    if (impl.waiting.size() < static_cast<std::size_t>(impl.options.queue_limit)) {
      impl.waiting.push_back(std::move(work));
      impl.Show();
      return {};
    }
  }
  impl.counters[kRefused]->Add();
  return Fail(Error{.code = Code::kResourceExhausted,
                    .message = "Too much background work is waiting; try again.",
                    .retry_after = impl.options.retry_after});
}

Task<void> WorkPool::Drain(std::chrono::milliseconds grace) {
  const std::shared_ptr<Impl> impl = impl_;
  impl->Close();
  // Also a cancelled caller waits for the end, only without the grace.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  if (!co_await impl->empty.WaitUntil(impl->clock.SteadyNow() + grace)) {
    impl->DropAndCancel();
    co_await impl->empty.WaitRegardless([impl] { impl->DropAndCancel(); });
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
}

WorkPool::State WorkPool::Snapshot() const {
  const Impl& impl = *impl_;
  const std::lock_guard lock(impl.mutex);
  return {.name = impl.name,
          .workers = impl.options.workers,
          .queue_limit = impl.options.queue_limit,
          .running = static_cast<std::int64_t>(impl.running.size()),
          .waiting = static_cast<std::int64_t>(impl.waiting.size()),
          .failed = impl.counters[kFailed]->Value(),
          .refused = impl.counters[kRefused]->Value()};
}

}  // namespace vedette
