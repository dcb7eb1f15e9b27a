// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/deletions.h"

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "kit/task/task_group.h"

namespace vedette::cache {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::seconds, 5> kRetryAfter = {1s, 5s, 1min, 5min, 1h};

}  // namespace

struct Deletions::State {
  State(std::string cache_name,
        DeletionOptions deletion_options,
        CacheStore& cache_store,
        Flights& cache_flights,
        Sleeper& sleep,
        MetricsRegistry& metrics,
        Logger log)
      : name(std::move(cache_name)),
        options(deletion_options),
        store(cache_store),
        flights(cache_flights),
        sleeper(sleep),
        failed(metrics.GetCounter("vedette_cache_delete_failures_total",
                                  "Failed attempts to delete from a cache after a write.",
                                  {{"store", name}})),
        given_up(metrics.GetCounter("vedette_cache_deletes_given_up_total",
                                    "Deletes after a write that no attempt achieved: what is "
                                    "cached stays old until it expires.",
                                    {{"store", name}})),
        pending_gauge(metrics.GetGauge("vedette_cache_pending_deletes",
                                       "Writes whose keys are still to be deleted (again).",
                                       {{"store", name}})),
        logger(std::move(log)),
        tasks(logger) {}

  const std::string name;
  const DeletionOptions options;
  CacheStore& store;
  Flights& flights;
  const SystemClock clock;  // timers of the system measure deadlines, so no other will do
  Sleeper& sleeper;
  Counter& failed;
  Counter& given_up;
  Gauge& pending_gauge;
  const Logger logger;
  TaskGroup tasks;

  mutable std::mutex mutex;
  bool closed = false;
  std::uint64_t next_id = 0;
  std::map<std::uint64_t, std::vector<std::string>> pending;

  // Absent when it is closed.
  std::optional<std::uint64_t> Add(std::vector<std::string> keys) {
    const std::scoped_lock lock(mutex);
    if (closed) return std::nullopt;
    pending.emplace(next_id, std::move(keys));
    pending_gauge.Set(static_cast<double>(pending.size()));
    return next_id++;
  }

  void Remove(std::uint64_t id) {
    const std::scoped_lock lock(mutex);
    pending.erase(id);
    pending_gauge.Set(static_cast<double>(pending.size()));
  }

  bool IsFull() const {
    const std::scoped_lock lock(mutex);
    return pending.size() > options.limit;
  }

  Task<bool> Delete(std::vector<std::string> keys) {
    const auto deleted =
        co_await store.Delete(Deadline::After(clock, options.store_timeout), std::move(keys));
    if (!deleted) failed.Add();
    co_return deleted.has_value();
  }

  void GiveUp() {
    given_up.Add();
    logger.Error("keys could not be deleted from the cache after a write", {{"store", name}});
  }

  Task<void> Work(std::uint64_t id,
                  std::vector<std::string> keys,
                  std::vector<Signal> storing,
                  Signal first_over) {
    const SetOnExit over{first_over};
    for (const Signal& stored : storing) co_await stored.Wait();
    bool deleted = co_await Delete(keys);
    // Who found the old entry before it went is joined by nobody from now on.
    for (const std::string& key : keys) static_cast<void>(flights.Forget(key));
    first_over.Set();
    if (deleted && options.second_delete_after > 0ms && !IsFull()) {
      co_await sleeper.Sleep(options.second_delete_after);
      deleted = co_await Delete(keys);
    }
    for (const std::chrono::seconds wait : kRetryAfter) {
      if (deleted || IsFull()) break;
      co_await sleeper.Sleep(wait);
      deleted = co_await Delete(keys);
    }
    if (!deleted) GiveUp();
    Remove(id);
  }

  struct SetOnExit {
    Signal signal;
    ~SetOnExit() { signal.Set(); }
  };
};

Deletions::Deletions(std::string name,
                     DeletionOptions options,
                     CacheStore& store,
                     Flights& flights,
                     Sleeper& sleeper,
                     MetricsRegistry& metrics,
                     Logger logger)
    : state_(std::make_shared<State>(
          std::move(name), options, store, flights, sleeper, metrics, std::move(logger))) {}

Deletions::~Deletions() = default;

Task<Invalidation> Deletions::Begin(std::vector<std::string> keys) {
  co_return Invalidation(*this, co_await CurrentExecutor(), std::move(keys));
}

Signal Deletions::Start(Executor executor, std::vector<std::string> keys) {
  std::vector<Signal> storing;
  for (const std::string& key : keys) {
    if (auto stored = state_->flights.Forget(key)) storing.push_back(*std::move(stored));
  }
  Signal first_over;
  const auto id = state_->Add(keys);
  // Once closed, a process that is ending serves nobody; what is cached outside stays until it
  // expires.
  if (!id) {
    state_->GiveUp();
    first_over.Set();
    return first_over;
  }
  const bool begun =
      state_->tasks.Spawn(executor, "cache deletion",
                          [state = state_, id = *id, keys = std::move(keys),
                           storing = std::move(storing), first_over]() mutable {
                            return state->Work(id, std::move(keys), std::move(storing), first_over);
                          });
  if (!begun) first_over.Set();
  return first_over;
}

Task<void> Deletions::Close() {
  const std::shared_ptr<State> state = state_;
  {
    const std::scoped_lock lock(state->mutex);
    state->closed = true;
  }
  state->tasks.Cancel();
  co_await state->tasks.Join();
  std::vector<std::string> left;
  {
    const std::scoped_lock lock(state->mutex);
    for (auto& [id, keys] : state->pending) left.insert(left.end(), keys.begin(), keys.end());
    state->pending.clear();
    state->pending_gauge.Set(0);
  }
  if (!left.empty() && !co_await state->Delete(std::move(left))) state->GiveUp();
}

std::size_t Deletions::size() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->pending.size();
}

Invalidation::Invalidation(Deletions& deletions, Executor executor, std::vector<std::string> keys)
    : deletions_(&deletions), executor_(std::move(executor)), keys_(std::move(keys)) {}

Invalidation::Invalidation(Invalidation&& other) noexcept
    : deletions_(std::exchange(other.deletions_, nullptr)),
      executor_(std::move(other.executor_)),
      keys_(std::move(other.keys_)) {}

Invalidation::~Invalidation() {
  if (deletions_ != nullptr) deletions_->Start(executor_, std::move(keys_));
}

Task<void> Invalidation::Run(Deadline deadline) {
  if (deletions_ == nullptr) co_return;
  const Signal first_over = std::exchange(deletions_, nullptr)->Start(executor_, std::move(keys_));
  co_await first_over.WaitUntil(deadline.time);
}

}  // namespace vedette::cache
