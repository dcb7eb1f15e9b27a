// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "kit/auth/authenticator.h"
#include "kit/auth/keys.h"
#include "kit/auth/token.h"
#include "kit/telemetry/metrics.h"

namespace vedette {

class KeyCache;
class TokenCache;

// Where the public keys come from: the identity service, here or far away. Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;
  virtual Task<Result<PublicKeySet>> Fetch(Deadline deadline) = 0;
};

struct TokenVerifierOptions {
  TokenExpectation expectation;
  // Verified tokens that are remembered: a look-up instead of a signature check (100 µs).
  std::size_t cache_limit = 10'000;
  // An unknown kid makes the keys be fetched again, but not more often than this.
  std::chrono::milliseconds minimum_fetch_interval = std::chrono::seconds(5);
  // After a fetch that failed.
  std::chrono::milliseconds retry_interval = std::chrono::seconds(1);
  // Keys older than this are fetched again by the next call, so that a withdrawn key goes.
  std::chrono::milliseconds refresh_interval = std::chrono::minutes(5);
  std::chrono::milliseconds fetch_timeout = std::chrono::seconds(5);
};

// Verifies our access tokens with keys it fetches when needed: one fetch at a time for all callers,
// the last good keys kept when a fetch fails. Remembers a verified token by its SHA-256 until it
// expires; forgets all when a key is withdrawn. Thread-safe. `source` and `clock` must outlive it.
class TokenVerifier final : public Authenticator {
 public:
  TokenVerifier(KeySource& source,
                const Clock& clock,
                MetricsRegistry& metrics,
                Logger logger,
                TokenVerifierOptions options = {});
  ~TokenVerifier() override;

  Task<Result<std::shared_ptr<const Principal>>> Authenticate(std::string token,
                                                              Deadline deadline) override;

 private:
  const Clock& clock_;
  const TokenVerifierOptions options_;
  std::unique_ptr<TokenCache> cache_;
  std::unique_ptr<KeyCache> keys_;
  Counter& remembered_;
  Counter& verified_;
  Counter& refused_;
};

}  // namespace vedette
