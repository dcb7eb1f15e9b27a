// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/token_verifier.h"

#include <utility>

#include "base/sha256.h"
#include "kit/auth/key_cache.h"
#include "kit/auth/token_cache.h"

namespace vedette {
namespace {

Counter& CheckCounter(MetricsRegistry& metrics, const char* result) {
  return metrics.GetCounter("vedette_auth_token_checks_total", "Access tokens checked.",
                            {{"result", result}});
}

}  // namespace

TokenVerifier::TokenVerifier(KeySource& source,
                             const Clock& clock,
                             MetricsRegistry& metrics,
                             Logger logger,
                             TokenVerifierOptions options)
    : clock_(clock),
      options_(std::move(options)),
      cache_(std::make_unique<TokenCache>(options_.cache_limit)),
      keys_(std::make_unique<KeyCache>(source, clock, metrics, std::move(logger), options_)),
      remembered_(CheckCounter(metrics, "remembered")),
      verified_(CheckCounter(metrics, "verified")),
      refused_(CheckCounter(metrics, "refused")) {}

TokenVerifier::~TokenVerifier() = default;

Task<Result<std::shared_ptr<const Principal>>> TokenVerifier::Authenticate(std::string token,
                                                                           Deadline deadline) {
  // Hashing a text that cannot be a token would let anyone spend our time.
  if (token.size() > kTokenLimit) {
    refused_.Add(1);
    co_return Fail(Code::kUnauthenticated, "The access token is too long; sign in again.");
  }
  const Sha256Digest digest = Sha256(token);
  if (!keys_->IsRefreshDue()) {
    if (auto principal = cache_->Find(digest, clock_.Now())) {
      remembered_.Add(1);
      co_return principal;
    }
  }
  auto kid = TokenKeyId(token);
  if (!kid) {
    refused_.Add(1);
    co_return Fail(std::move(kid).error());
  }
  VEDETTE_CO_TRY(const KeysInUse in_use, co_await keys_->KeysFor(*std::move(kid), deadline));
  cache_->SetGeneration(in_use.generation);
  auto claims = VerifyToken(token, *in_use.keys, options_.expectation, clock_.Now());
  if (!claims) {
    refused_.Add(1);
    co_return Fail(std::move(claims).error());
  }
  verified_.Add(1);
  claims->principal.expires_at = claims->expires_at + options_.expectation.leeway;
  std::shared_ptr<const Principal> principal =
      std::make_shared<const Principal>(std::move(claims->principal));
  cache_->Put(digest, principal, principal->expires_at, in_use.generation);
  co_return principal;
}

}  // namespace vedette
