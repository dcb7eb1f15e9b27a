// SPDX-License-Identifier: Apache-2.0
#include "kit/lock/lock_base.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "kit/task/cancellation.h"
#include "kit/task/spawn.h"

namespace vedette::lock {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kShortestTtl{10};
constexpr milliseconds kLongestTtl = std::chrono::hours(24);
constexpr std::size_t kLongestKey = 200;
constexpr milliseconds kFirstWait{10};
constexpr milliseconds kLongestWait{250};

Status CheckRequest(const std::string& key, milliseconds ttl) {
  if (key.empty() || key.size() > kLongestKey || key.find_first_of("{}") != std::string::npos) {
    return FailField("key", "must have 1 to 200 characters, without braces");
  }
  if (ttl < kShortestTtl || ttl > kLongestTtl) {
    return FailField("ttl", "must be between 10 ms and 24 h");
  }
  return {};
}

struct SetOnExit {
  explicit SetOnExit(Signal to_set) : signal(std::move(to_set)) {}
  SetOnExit(SetOnExit&& other) noexcept
      : signal(other.signal), armed(std::exchange(other.armed, false)) {}
  SetOnExit& operator=(SetOnExit&&) = delete;
  ~SetOnExit() {
    if (armed) signal.Set();
  }
  Signal signal;
  bool armed = true;
};

}  // namespace

struct LockManagerBase::Shared {
  Shared(const std::string& kind, LockDependencies given)
      : dependencies(std::move(given)),
        acquired(Count(kind, "acquired")),
        refused(Count(kind, "refused")),
        lost(Count(kind, "lost")),
        failed(Count(kind, "failed")),
        held_gauge(dependencies.metrics.GetGauge(
            "vedette_lock_held", "Locks that this process holds.", {{"kind", kind}})),
        watchdogs(dependencies.logger),
        releases(dependencies.logger) {}

  Counter& Count(const std::string& kind, const char* event) {
    return dependencies.metrics.GetCounter(
        "vedette_lock_events_total",
        "Locks acquired, refused because another holds them, lost, and attempts that failed.",
        {{"kind", kind}, {"event", event}});
  }

  void Change(int amount) {
    held += amount;
    held_gauge.Set(static_cast<double>(held));
  }

  const LockDependencies dependencies;
  Counter& acquired;
  Counter& refused;
  Counter& lost;
  Counter& failed;
  Gauge& held_gauge;
  std::atomic<std::int64_t> held = 0;
  TaskGroup watchdogs;
  TaskGroup releases;
};

// One lock, shared by its owner and its watchdog.
struct LockManagerBase::Held {
  Held(std::shared_ptr<Shared> manager, Taken taken, milliseconds time_to_live, SteadyTime until)
      : shared(std::move(manager)),
        grip(std::move(taken.grip)),
        token(taken.token),
        ttl(time_to_live),
        valid_until(until) {
    shared->Change(1);
  }
  ~Held() { shared->Change(-1); }

  bool Valid() const {
    return !ended && shared->dependencies.clock.SteadyNow() < valid_until.load();
  }

  void Lose() {
    if (ended.exchange(true)) return;
    shared->lost.Add();
    shared->dependencies.logger.Warning("a lock was lost");
    lost.Set();
  }

  const std::shared_ptr<Shared> shared;
  const std::unique_ptr<Grip> grip;
  const std::int64_t token;
  const milliseconds ttl;
  std::atomic<SteadyTime> valid_until;
  std::atomic<bool> ended = false;  // lost or released
  const Signal lost;
  const Signal unwatched;  // the watchdog has ended
  Canceller watchdog;

  // Until it is lost or the task is cancelled. An exception leaves it unwatched: that is lost too.
  static Task<void> Watch(std::shared_ptr<Held> lock) {
    try {
      co_await Keep(lock);
    } catch (...) {
      if (IsCancellation(std::current_exception())) throw;
      lock->shared->dependencies.logger.Error("a lock's watchdog ended by an exception");
    }
    lock->Lose();
  }

  // Extends the lock every third of its ttl. Returns when it is another's or may be.
  static Task<void> Keep(std::shared_ptr<Held> lock) {
    const LockDependencies& given = lock->shared->dependencies;
    nanoseconds wait = lock->ttl / 3;
    while (true) {
      co_await given.sleeper.Sleep(wait);
      const SteadyTime now = given.clock.SteadyNow();
      const SteadyTime until = lock->valid_until;
      // Whatever the server says now, meanwhile another may have held it.
      if (now >= until) co_return;
      const auto kept = co_await lock->grip->Extend(Deadline{until});
      if (kept && !*kept) co_return;
      if (kept) {
        lock->valid_until = now + lock->ttl;
        wait = lock->ttl / 3;
      } else {
        const nanoseconds left = until - given.clock.SteadyNow();
        if (left <= nanoseconds(0)) co_return;
        wait = std::min<nanoseconds>(lock->ttl / 10, left);
      }
    }
  }

  static Task<void> Release(std::shared_ptr<Held> lock, std::shared_ptr<Result<bool>> answer) {
    // The watchdog may be using the grip.
    co_await lock->unwatched.Wait();
    *answer =
        co_await lock->grip->Release(Deadline::After(lock->shared->dependencies.clock, lock->ttl));
  }
};

class LockManagerBase::HeldLock final : public Lock {
 public:
  HeldLock(std::shared_ptr<Held> held, Executor executor)
      : held_(std::move(held)), executor_(std::move(executor)) {}
  ~HeldLock() override {
    if (!released_) BeginRelease();
  }

  std::int64_t token() const override { return held_->token; }
  bool Valid() const override { return held_->Valid(); }
  Signal Lost() const override { return held_->lost; }

  Task<Status> Release(Deadline deadline) override {
    const bool was_valid = held_->Valid();
    const auto [done, answer] = BeginRelease();
    if (!co_await done.WaitUntil(deadline.time)) {
      co_return Fail(Code::kDeadlineExceeded, "The lock was not released in time.");
    }
    if (!*answer) co_return std::unexpected(answer->error());
    if (!**answer || !was_valid) {
      co_return Fail(Code::kFailedPrecondition, "The lock was lost before it was released.");
    }
    co_return Status{};
  }

 private:
  struct Releasing {
    Signal done;
    std::shared_ptr<Result<bool>> answer;
  };

  Releasing BeginRelease() {
    released_ = true;
    held_->ended = true;
    held_->watchdog.Cancel();
    Releasing releasing{Signal(), std::make_shared<Result<bool>>(
                                      Fail(Code::kUnavailable, "The lock could not be released."))};
    held_->shared->releases.Spawn(
        executor_, "lock release",
        [held = held_, answer = releasing.answer, end = SetOnExit(releasing.done)] {
          return Held::Release(held, answer);
        });
    return releasing;
  }

  const std::shared_ptr<Held> held_;
  const Executor executor_;
  bool released_ = false;
};

LockManagerBase::LockManagerBase(std::string kind, LockDependencies dependencies)
    : dependencies_(dependencies), shared_(std::make_shared<Shared>(kind, dependencies)) {}

LockManagerBase::~LockManagerBase() = default;

Task<Result<std::unique_ptr<Lock>>> LockManagerBase::TryAcquire(std::string key,
                                                                milliseconds ttl,
                                                                Deadline deadline) {
  VEDETTE_CO_CHECK_OK(CheckRequest(key, ttl));
  const Executor executor = co_await CurrentExecutor();
  // The server's ttl begins later.
  const SteadyTime until = dependencies_.clock.SteadyNow() + ttl;
  auto taken = co_await Take(std::move(key), ttl, deadline);
  if (!taken) {
    (taken.error().code == Code::kConflict ? shared_->refused : shared_->failed).Add();
    co_return std::unexpected(std::move(taken).error());
  }
  const auto held = std::make_shared<Held>(shared_, *std::move(taken), ttl, until);
  const bool watched = shared_->watchdogs.Spawn(
      executor, "lock watchdog",
      [held, end = SetOnExit(held->unwatched)] { return Held::Watch(held); }, held->watchdog);
  std::unique_ptr<Lock> lock = std::make_unique<HeldLock>(held, executor);
  if (!watched) co_return Fail(Code::kUnavailable, "The service is stopping.");
  shared_->acquired.Add();
  co_return lock;
}

Task<Result<std::unique_ptr<Lock>>> LockManagerBase::Acquire(std::string key,
                                                             milliseconds ttl,
                                                             Deadline deadline) {
  if (!deadline.IsSet()) co_return FailField("deadline", "must be set");
  nanoseconds longest = kFirstWait;
  while (true) {
    auto lock = co_await TryAcquire(key, ttl, deadline);
    if (lock || lock.error().code != Code::kConflict) co_return lock;
    const nanoseconds left = deadline.time - dependencies_.clock.SteadyNow();
    if (left <= nanoseconds(0)) co_return lock;
    // Between half and all of it, so that those who wait do not ask at the same time.
    const auto wait = std::chrono::duration_cast<nanoseconds>(
        longest * (0.5 + dependencies_.random.Uniform() / 2));
    co_await dependencies_.sleeper.Sleep(std::min(wait, left));
    longest = std::min<nanoseconds>(longest * 2, kLongestWait);
  }
}

Task<void> LockManagerBase::Close() {
  const std::shared_ptr<Shared> shared = shared_;
  shared->watchdogs.Cancel();
  co_await shared->watchdogs.Join();
  co_await shared->releases.Join();
}

std::size_t LockManagerBase::held() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(shared_->held.load(), 0));
}

void LockManagerBase::InBackground(Executor executor, std::move_only_function<Task<void>()> work) {
  shared_->releases.Spawn(std::move(executor), "lock release", std::move(work));
}

std::unexpected<Error> HeldByAnother() {
  return Fail(Code::kConflict, "Somebody else holds the lock.");
}

}  // namespace vedette::lock
