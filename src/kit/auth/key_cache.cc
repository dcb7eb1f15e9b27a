// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/key_cache.h"

#include <utility>

namespace vedette {
namespace {

Counter& FetchCounter(MetricsRegistry& metrics, const char* result) {
  return metrics.GetCounter("vedette_auth_key_fetches_total",
                            "Fetches of the public keys that verify tokens.", {{"result", result}});
}

}  // namespace

// The right to fetch, given back when the fetch is cancelled or throws, even before it began: the
// others must not wait for ever.
class KeyCache::FetchTurn {
 public:
  explicit FetchTurn(KeyCache& cache) : cache_(&cache) {}
  FetchTurn(FetchTurn&& other) noexcept : cache_(std::exchange(other.cache_, nullptr)) {}
  FetchTurn& operator=(FetchTurn&&) = delete;
  ~FetchTurn() {
    if (cache_ != nullptr) cache_->Abandon();
  }
  void Keep() { cache_ = nullptr; }

 private:
  KeyCache* cache_;
};

KeyCache::KeyCache(KeySource& source,
                   const Clock& clock,
                   MetricsRegistry& metrics,
                   Logger logger,
                   const TokenVerifierOptions& options)
    : source_(source),
      clock_(clock),
      logger_(std::move(logger)),
      options_(options),
      fetched_(FetchCounter(metrics, "ok")),
      failed_(FetchCounter(metrics, "error")) {}

bool KeyCache::MayFetch(SteadyTime now) const {
  if (fetching_) return false;
  if (!ever_fetched_) return true;
  const auto interval =
      last_fetch_failed_ ? options_.retry_interval : options_.minimum_fetch_interval;
  return now - last_fetch_ >= interval;
}

bool KeyCache::IsOld(SteadyTime now) const {
  return in_use_.keys && now - last_success_ >= options_.refresh_interval;
}

bool KeyCache::IsRefreshDue() const {
  const SteadyTime now = clock_.SteadyNow();
  const std::scoped_lock lock(mutex_);
  return IsOld(now) && MayFetch(now);
}

Task<Result<KeysInUse>> KeyCache::KeysFor(std::string kid, Deadline deadline) {
  // A fetch whose caller left decides nothing, so who waited for it may have to fetch.
  bool has_fetched = false;
  while (true) {
    const Signal wake;
    KeysInUse keys;
    switch (Decide(kid, has_fetched, wake, keys)) {
      case Plan::kUse:
        co_return keys;
      case Plan::kFetch:
        if (!co_await Fetch(deadline, FetchTurn(*this))) {
          co_return Fail(Code::kCancelled, "The caller left.");
        }
        has_fetched = true;
        break;
      case Plan::kWait:
        if (!co_await wake.WaitUntil(deadline.time)) {
          co_return Fail(Code::kDeadlineExceeded, "Checking the access token took too long.");
        }
        break;
      case Plan::kUnavailable: {
        Error error{Code::kUnavailable, "Access tokens cannot be checked right now; try again."};
        error.retry_after = options_.retry_interval;
        co_return Fail(std::move(error));
      }
    }
  }
}

KeyCache::Plan KeyCache::Decide(const std::string& kid,
                                bool has_fetched,
                                const Signal& wake,
                                KeysInUse& keys) {
  const SteadyTime now = clock_.SteadyNow();
  const std::scoped_lock lock(mutex_);
  const bool may_fetch = !has_fetched && MayFetch(now);
  keys = in_use_;
  if (keys.keys && keys.keys->Find(kid) != nullptr) {
    // While one caller refreshes, the others go on with the keys at hand.
    if (!IsOld(now) || !may_fetch) return Plan::kUse;
  } else if (fetching_) {
    waiting_.push_back(wake);
    return Plan::kWait;
  } else if (!may_fetch) {
    return last_fetch_failed_ ? Plan::kUnavailable : Plan::kUse;
  }
  fetching_ = true;
  return Plan::kFetch;
}

Task<bool> KeyCache::Fetch(Deadline deadline, FetchTurn turn) {
  auto fetched =
      co_await source_.Fetch(deadline.Earlier(Deadline::After(clock_, options_.fetch_timeout)));
  // Our caller's leaving says nothing of the source.
  if (!fetched && fetched.error().code == Code::kCancelled) co_return false;
  turn.Keep();
  Finish(std::move(fetched));
  co_return true;
}

void KeyCache::Finish(Result<PublicKeySet> fetched) {
  (fetched ? fetched_ : failed_).Add(1);
  if (!fetched) {
    logger_.Warning("signing keys could not be fetched",
                    {{"code", Describe(fetched.error().code).name}});
  }
  std::vector<Signal> waiting;
  {
    const std::scoped_lock lock(mutex_);
    fetching_ = false;
    ever_fetched_ = true;
    last_fetch_ = clock_.SteadyNow();
    last_fetch_failed_ = !fetched;
    if (fetched) {
      if (in_use_.keys && !in_use_.keys->IsSubsetOf(*fetched)) ++in_use_.generation;
      in_use_.keys = std::make_shared<const PublicKeySet>(*std::move(fetched));
      last_success_ = last_fetch_;
    }
    waiting = std::exchange(waiting_, {});
  }
  for (const Signal& signal : waiting) signal.Set();
}

void KeyCache::Abandon() {
  std::vector<Signal> waiting;
  {
    const std::scoped_lock lock(mutex_);
    fetching_ = false;
    waiting = std::exchange(waiting_, {});
  }
  for (const Signal& signal : waiting) signal.Set();
}

}  // namespace vedette
