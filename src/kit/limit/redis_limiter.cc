// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/redis_limiter.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <optional>
#include <utility>

#include "kit/limit/bucket.h"
#include "kit/limit/limit_metrics.h"
#include "kit/limit/local_limiter.h"
#include "kit/limit/scripts.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"

namespace vedette {
namespace {

// Together with the client's longest pause before it connects, less than 200 ms.
constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::milliseconds kAfterSilence{100};

std::optional<LimitDecision> ReadDecision(const redis::Reply& reply,
                                          RateLimit limit,
                                          std::int64_t amount) {
  const auto* parts = reply.array();
  if (parts == nullptr || parts->size() != 2) return std::nullopt;
  const std::int64_t* granted = (*parts)[0].integer();
  const std::int64_t* units = (*parts)[1].integer();
  if (granted == nullptr || units == nullptr) return std::nullopt;
  return MakeDecision(limit, amount, *granted == 1, *units);
}

// The shortest text that gives the same number again.
std::string Number(double number) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end};
}

LimitDecision Refuse(RateLimit limit) { return {.allowed = false, .limit = limit.burst}; }

}  // namespace

struct RedisLimiter::Impl {
  Impl(const LimiterOptions& options, Dependencies given)
      : deps(std::move(given)),
        timeout(options.redis_timeout),
        local(options.max_keys, deps.clock),
        tasks(deps.logger),
        shared(&deps.metrics, "redis"),
        rescued(&deps.metrics, "rescue"),
        rescues(deps.metrics.GetCounter("vedette_limit_rescues_total",
                                        "How often budgets went local because Redis was away.")),
        away_gauge(deps.metrics.GetGauge("vedette_limit_redis_away",
                                         "1 while budgets are local because Redis is away.")) {}

  LimitDecision Rescue(const std::string& key, RateLimit limit, std::int64_t amount) {
    const LimitDecision decision = local.TakeNow(key, ShareOf(limit, deps.replicas()), amount);
    rescued.Count(decision.allowed);
    return decision;
  }

  // Whoever finds Redis away first starts the one task that looks for it.
  void GoLocal() {
    if (away.exchange(true)) return;
    if (!tasks.Spawn(deps.runtime.Next(), "look for Redis", [this] { return LookForRedis(); })) {
      return;
    }
    rescues.Add();
    away_gauge.Set(1);
    deps.logger.Warning("Redis is away: each replica grants its share of the limits");
  }

  Task<void> LookForRedis() {
    for (;;) {
      co_await SleepFor(kLook);
      if (!deps.client.IsConnected()) continue;
      if (co_await deps.client.Call(Deadline::After(system, timeout), "PING")) break;
      co_await SleepFor(kAfterSilence);
    }
    deps.logger.Info("Redis is there again: limits are shared");
    away_gauge.Set(0);
    away = false;
  }

  const Dependencies deps;
  const std::chrono::milliseconds timeout;
  const SystemClock system;  // timers measure deadlines by it
  const redis::Script script{kTakeScript};
  LocalLimiter local;
  TaskGroup tasks;
  LimitMetrics shared;
  LimitMetrics rescued;
  Counter& rescues;
  Gauge& away_gauge;
  std::atomic<bool> away = false;
};

RedisLimiter::RedisLimiter(const LimiterOptions& options, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(options, std::move(dependencies))) {}
RedisLimiter::~RedisLimiter() = default;

Task<LimitDecision> RedisLimiter::Take(std::string key,
                                       RateLimit limit,
                                       std::int64_t amount,
                                       Deadline deadline) {
  if (!limit.IsSet()) co_return LimitDecision{};
  limit.burst = std::max<std::int64_t>(1, limit.burst);
  if (deadline.Passed(impl_->system)) co_return Refuse(limit);
  if (impl_->away) co_return impl_->Rescue(key, limit, amount);
  const Deadline patience = Deadline::After(impl_->system, impl_->timeout);
  const auto reply = co_await impl_->deps.client.Run(
      deadline.Earlier(patience), impl_->script, {"vedette:limit:" + key},
      {std::to_string(limit.burst), Number(limit.rate), std::to_string(amount),
       std::to_string(BucketLifetimeSeconds(limit))});
  if (reply) {
    if (const auto decision = ReadDecision(*reply, limit, amount)) {
      impl_->shared.Count(decision->allowed);
      co_return *decision;
    }
  } else if (reply.error().code == Code::kCancelled || deadline.Passed(impl_->system)) {
    co_return Refuse(limit);
  } else if (reply.error().code != Code::kFailedPrecondition) {
    impl_->GoLocal();
  }
  // Also for a key of another type, which is no reason to leave Redis.
  co_return impl_->Rescue(key, limit, amount);
}

RedisLimiter::State RedisLimiter::Snapshot() const {
  return {
      .redis = !impl_->away, .rescues = impl_->rescues.Value(), .local_keys = impl_->local.size()};
}

Task<void> RedisLimiter::Close() {
  impl_->tasks.Cancel();
  co_await impl_->tasks.Join();
}

}  // namespace vedette
