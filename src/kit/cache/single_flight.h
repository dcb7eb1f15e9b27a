// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "kit/task/deadline.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::cache {

// The fetches under way, one per key, of any type of outcome. A fetch is a task of its own: who
// asked first may leave, the others get its outcome all the same; when all have left it is
// cancelled. Thread-safe; callers may be on different executors. Close() before destruction.
class Flights {
 public:
  // One fetch, as its own code sees it.
  class Flight {
   public:
    virtual ~Flight() = default;
    // Asked before the outcome is put where later callers find it: false when Forget() was called
    // since the fetch began, so what it read may be old. After true Forget()'s caller waits.
    virtual bool MayStore() = 0;
    // The same for a `put` that does not wait: it runs before a Forget() or not at all.
    virtual bool StoreNow(const std::function<void()>& put) = 0;
  };
  using Fetch =
      std::move_only_function<Task<std::shared_ptr<const void>>(Deadline, Flight& flight)>;

  struct Landing {
    std::shared_ptr<const void> outcome;
    bool fresh = false;  // whether this caller began the fetch
  };

  // A fetch may take `fetch_timeout`, whatever the deadlines of those who wait for it.
  Flights(std::string name, std::chrono::milliseconds fetch_timeout, Logger logger);
  ~Flights();
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;

  // Waits for the fetch of `key` that is under way, or begins one. kDeadlineExceeded and kCancelled
  // concern this caller alone; kUnavailable after Close. Rethrows what the fetch threw.
  Task<Result<Landing>> Join(std::string key, Deadline deadline, Fetch fetch);

  // From here on the fetch of `key` that may be under way is joined by nobody and stores nothing;
  // when it is storing just now, the signal is set once it has ended.
  std::optional<Signal> Forget(std::string_view key);

  // Refuses new callers, cancels what runs and waits for its end.
  Task<void> Close();

  std::size_t size() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

// Concurrent calls for one key share one fetch and its value or error. Afterwards nothing is kept.
// T is copied to each caller. As Flights otherwise.
template <class T>
class SingleFlight {
 public:
  using Fetch = std::move_only_function<Task<Result<T>>(Deadline)>;

  struct Outcome {
    Result<T> result;
    bool fresh = false;  // whether this caller's fetch ran
  };

  SingleFlight(std::string name, std::chrono::milliseconds fetch_timeout, Logger logger)
      : flights_(std::move(name), fetch_timeout, std::move(logger)) {}

  Task<Outcome> Do(std::string key, Deadline deadline, Fetch fetch) {
    auto landing =
        co_await flights_.Join(std::move(key), deadline,
                               [fetch = std::move(fetch)](Deadline own, Flights::Flight&) mutable {
                                 return Run(&fetch, own);
                               });
    if (!landing) co_return Outcome{std::unexpected(std::move(landing).error())};
    co_return Outcome{*static_cast<const Result<T>*>(landing->outcome.get()), landing->fresh};
  }

  Task<void> Close() { return flights_.Close(); }

 private:
  static Task<std::shared_ptr<const void>> Run(Fetch* fetch, Deadline deadline) {
    co_return std::make_shared<const Result<T>>(co_await (*fetch)(deadline));
  }

  Flights flights_;
};

}  // namespace vedette::cache
