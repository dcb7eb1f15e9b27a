// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/single_flight.h"

#include <exception>
#include <map>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"
#include "kit/task/task_group.h"

namespace vedette::cache {
namespace {

// One fetch. Guarded by the mutex of the table, but for `fetch`, which its task alone uses.
struct Running {
  std::string key;
  Flights::Fetch fetch;
  Deadline deadline;
  Canceller canceller;
  std::vector<Signal> waiting;
  std::size_t callers = 0;
  bool forgotten = false;
  bool storing = false;
  bool ended = false;
  std::shared_ptr<const void> outcome;  // null when the fetch was cancelled or threw
  std::exception_ptr error;
};

}  // namespace

struct Flights::State {
  State(std::string task_name, std::chrono::milliseconds timeout, Logger logger)
      : name(std::move(task_name)), fetch_timeout(timeout), tasks(std::move(logger)) {}

  const std::string name;
  const std::chrono::milliseconds fetch_timeout;
  const SystemClock clock;  // timers of the system measure deadlines, so no other will do
  TaskGroup tasks;
  std::mutex mutex;
  bool closed = false;
  std::map<std::string, std::shared_ptr<Running>, std::less<>> running;

  void Drop(const std::shared_ptr<Running>& flight) {
    const auto found = running.find(flight->key);
    if (found != running.end() && found->second == flight) running.erase(found);
  }

  void End(const std::shared_ptr<Running>& flight) {
    std::vector<Signal> waiting;
    {
      const std::scoped_lock lock(mutex);
      flight->ended = true;
      Drop(flight);
      waiting = std::exchange(flight->waiting, {});
    }
    for (const Signal& signal : waiting) signal.Set();
  }

  void Leave(const std::shared_ptr<Running>& flight) {
    {
      const std::scoped_lock lock(mutex);
      if (--flight->callers > 0 || flight->ended || flight->storing) return;
      flight->forgotten = true;
      Drop(flight);
    }
    flight->canceller.Cancel();
  }
};

namespace {

// Ends a flight whatever becomes of its task, which may be cancelled before it begins.
class EndOnExit {
 public:
  EndOnExit(std::function<void()> end) : end_(std::move(end)) {}
  EndOnExit(EndOnExit&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
  EndOnExit& operator=(EndOnExit&&) = delete;
  ~EndOnExit() {
    if (end_) end_();
  }

 private:
  std::function<void()> end_;
};

class View final : public Flights::Flight {
 public:
  View(std::mutex& mutex, std::shared_ptr<Running> flight)
      : mutex_(mutex), flight_(std::move(flight)) {}

  bool MayStore() override {
    const std::scoped_lock lock(mutex_);
    if (flight_->forgotten) return false;
    flight_->storing = true;
    return true;
  }

  bool StoreNow(const std::function<void()>& put) override {
    const std::scoped_lock lock(mutex_);
    if (flight_->forgotten) return false;
    put();
    return true;
  }

 private:
  std::mutex& mutex_;
  const std::shared_ptr<Running> flight_;
};

Task<void> Fly(std::mutex* mutex, std::shared_ptr<Running> flight) {
  View view(*mutex, flight);
  std::exception_ptr error;
  std::shared_ptr<const void> outcome;
  try {
    outcome = co_await flight->fetch(flight->deadline, view);
  } catch (...) {
    error = std::current_exception();
  }
  flight->fetch = nullptr;  // what it holds need not wait for the last caller
  const std::scoped_lock lock(*mutex);
  flight->outcome = std::move(outcome);
  flight->error = error;
}

}  // namespace

Flights::Flights(std::string name, std::chrono::milliseconds fetch_timeout, Logger logger)
    : state_(std::make_shared<State>(std::move(name), fetch_timeout, std::move(logger))) {}

Flights::~Flights() = default;

Task<Result<Flights::Landing>> Flights::Join(std::string key, Deadline deadline, Fetch fetch) {
  const std::shared_ptr<State> state = state_;
  const Executor executor = co_await CurrentExecutor();
  while (true) {
    std::shared_ptr<Running> flight;
    const Signal landed;
    bool fresh = false;
    bool is_forgotten = false;
    {
      const std::scoped_lock lock(state->mutex);
      if (state->closed) co_return Fail(Code::kUnavailable, "The service is stopping.");
      std::shared_ptr<Running>& slot = state->running[key];
      fresh = slot == nullptr;
      if (fresh) {
        slot = std::make_shared<Running>();
        slot->key = key;
        slot->fetch = std::move(fetch);
        slot->deadline = Deadline::After(state->clock, state->fetch_timeout).Within(deadline.trace);
      }
      flight = slot;
      is_forgotten = flight->forgotten;
      ++flight->callers;
      flight->waiting.push_back(landed);
    }
    const EndOnExit leave([state, flight] { state->Leave(flight); });
    if (fresh) {
      const bool begun = state->tasks.Spawn(
          executor, state->name,
          [&mutex = state->mutex, flight, end = EndOnExit([state, flight] {
                                            state->End(flight);
                                          })] { return Fly(&mutex, flight); },
          flight->canceller);
      if (!begun) co_return Fail(Code::kUnavailable, "The service is stopping.");
    }
    if (!co_await landed.WaitUntil(deadline.time)) {
      if (deadline.Passed(state->clock)) {
        co_return Fail(Code::kDeadlineExceeded, "The answer was not there in time.");
      }
      co_return Fail(Code::kCancelled, "The caller left.");
    }
    // What it stored is being deleted: it only had to end before the next may begin.
    if (is_forgotten) continue;
    const std::scoped_lock lock(state->mutex);
    if (flight->outcome) co_return Landing{flight->outcome, fresh};
    if (state->closed) co_return Fail(Code::kUnavailable, "The service is stopping.");
    if (flight->error) std::rethrow_exception(flight->error);
    co_return Fail(Code::kUnavailable, "The service is stopping.");
  }
}

std::optional<Signal> Flights::Forget(std::string_view key) {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->running.find(key);
  if (found == state_->running.end()) return std::nullopt;
  const std::shared_ptr<Running> flight = found->second;
  flight->forgotten = true;
  if (!flight->storing) {
    state_->running.erase(found);
    return std::nullopt;
  }
  return flight->waiting.emplace_back();
}

Task<void> Flights::Close() {
  const std::shared_ptr<State> state = state_;
  {
    const std::scoped_lock lock(state->mutex);
    state->closed = true;
  }
  state->tasks.Cancel();
  co_await state->tasks.Join();
}

std::size_t Flights::size() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->running.size();
}

}  // namespace vedette::cache
