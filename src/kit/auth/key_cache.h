// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kit/auth/token_verifier.h"
#include "kit/task/signal.h"

namespace vedette {

// Keys as they were at one moment. The generation grows whenever a key that was in use is gone.
struct KeysInUse {
  std::shared_ptr<const PublicKeySet> keys;
  std::uint64_t generation = 0;
};

// The public keys in use, fetched again when a kid is unknown or they have grown old. One fetch at
// a time: who needs its outcome waits for it. Thread-safe.
class KeyCache {
 public:
  KeyCache(KeySource& source,
           const Clock& clock,
           MetricsRegistry& metrics,
           Logger logger,
           const TokenVerifierOptions& options);

  // Keys that know `kid`, or that were fetched as lately as is allowed and do not. kUnavailable
  // when `kid` is unknown and the keys could not be fetched.
  Task<Result<KeysInUse>> KeysFor(std::string kid, Deadline deadline);

  // Whether the next KeysFor would fetch because the keys are old.
  bool IsRefreshDue() const;

 private:
  class FetchTurn;
  enum class Plan { kUse, kFetch, kWait, kUnavailable };

  // What to do for `kid` now, for a caller who fetches once at most; kFetch makes the caller the
  // one who fetches, kWait registers `wake`.
  Plan Decide(const std::string& kid, bool has_fetched, const Signal& wake, KeysInUse& keys);
  bool MayFetch(SteadyTime now) const;
  bool IsOld(SteadyTime now) const;
  // False when it was cancelled.
  Task<bool> Fetch(Deadline deadline, FetchTurn turn);
  void Finish(Result<PublicKeySet> fetched);
  void Abandon();

  KeySource& source_;
  const Clock& clock_;
  const Logger logger_;
  const TokenVerifierOptions options_;
  Counter& fetched_;
  Counter& failed_;

  mutable std::mutex mutex_;
  KeysInUse in_use_;  // keys null until the first fetch succeeded
  bool fetching_ = false;
  bool last_fetch_failed_ = false;
  bool ever_fetched_ = false;
  SteadyTime last_fetch_{};
  SteadyTime last_success_{};
  std::vector<Signal> waiting_;
};

}  // namespace vedette
