// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/period_limiter.h"

#include <algorithm>
#include <mutex>

#include "kit/limit/recent_map.h"
#include "kit/limit/scripts.h"

namespace vedette {
namespace {

using std::chrono::milliseconds;

PeriodDecision Judge(std::int64_t used, std::int64_t quota, milliseconds left) {
  const PeriodState state = used < quota    ? PeriodState::kAllowed
                            : used == quota ? PeriodState::kHitQuota
                                            : PeriodState::kOverQuota;
  return {.state = state, .used = used, .reset = left};
}

milliseconds PeriodOf(const PeriodLimit& limit) { return std::max(limit.period, milliseconds(1)); }

struct Use {
  std::int64_t times = 0;
  milliseconds end{0};  // of the period, since 1970
};

}  // namespace

struct LocalPeriodLimiter::Impl {
  Impl(std::int64_t max_keys, const Clock& given)
      : clock(given), uses(static_cast<std::size_t>(std::max<std::int64_t>(1, max_keys))) {}

  const Clock& clock;
  std::mutex mutex;
  RecentMap<Use> uses;
};

LocalPeriodLimiter::LocalPeriodLimiter(std::int64_t max_keys, const Clock& clock)
    : impl_(std::make_unique<Impl>(max_keys, clock)) {}
LocalPeriodLimiter::~LocalPeriodLimiter() = default;

Task<PeriodDecision> LocalPeriodLimiter::Take(std::string key, PeriodLimit limit, Deadline) {
  const auto now = std::chrono::floor<milliseconds>(impl_->clock.Now()).time_since_epoch();
  const milliseconds period = PeriodOf(limit);
  const std::scoped_lock lock(impl_->mutex);
  Use& use = impl_->uses.Get(
      key, [] { return Use{}; }, [now](const Use& other) { return other.end <= now; });
  if (use.end <= now) {
    const milliseconds into = limit.align ? (now + limit.east_of_utc) % period : milliseconds(0);
    use = {.times = 0, .end = now + period - into};
  }
  ++use.times;
  co_return Judge(use.times, limit.quota, use.end - now);
}

RedisPeriodLimiter::RedisPeriodLimiter(redis::Client& client)
    : client_(client), script_(kPeriodScript) {}

Task<PeriodDecision> RedisPeriodLimiter::Take(std::string key,
                                              PeriodLimit limit,
                                              Deadline deadline) {
  const auto reply =
      co_await client_.Run(deadline, script_, {"vedette:period:" + key},
                           {std::to_string(PeriodOf(limit).count()), limit.align ? "1" : "0",
                            std::to_string(limit.east_of_utc.count())});
  if (!reply) co_return PeriodDecision{.error = reply.error()};
  const auto* parts = reply->array();
  if (parts == nullptr || parts->size() != 2 || (*parts)[0].integer() == nullptr ||
      (*parts)[1].integer() == nullptr) {
    co_return PeriodDecision{.error = Error{Code::kInternal, "Redis answers something else."}};
  }
  co_return Judge(*(*parts)[0].integer(), limit.quota, milliseconds(*(*parts)[1].integer()));
}

}  // namespace vedette
