// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/auth/nonce_store.h"
#include "kit/auth/principal.h"
#include "kit/http/message.h"
#include "kit/telemetry/metrics.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette::rpc {

struct PartnerOptions {
  // "<user id>=<key id>:<pem file>", as often as there are keys.
  std::vector<std::string> keys;
  // How far a signature's `created` may be from our time, either way.
  std::chrono::milliseconds tolerance = std::chrono::minutes(5);
  // "https://vedette.example": what partners put before the path in @target-uri. Empty: they sign
  // @path and @query.
  std::string base_uri;

  void Describe(config::Section& section);
};

// Callers who have a key sign every request with it, beside their token (HTTP Message Signatures,
// RFC 9421; Content-Digest, RFC 9530). A signature covers @method, @target-uri or @path and @query,
// and content-digest when there is a body; it names created, nonce and keyid. Thread-safe.
class PartnerSignatures {
 public:
  // kInvalidArgument for entries and key files that cannot be read. Blocking. The references
  // outlive it.
  static Result<std::unique_ptr<PartnerSignatures>> Load(const PartnerOptions& options,
                                                         const Clock& clock,
                                                         NonceStore& nonces,
                                                         MetricsRegistry& metrics);
  ~PartnerSignatures();

  // Whether this caller's requests must be signed.
  bool Concerns(const Principal& principal) const;

  // Success for whom it does not concern. kUnauthenticated, with the reason, for a signature that
  // is absent, wrong, too old or used before; kUnavailable when the nonce cannot be checked.
  Task<Status> Check(std::shared_ptr<const Principal> principal,
                     const http::Request& request,
                     Deadline deadline) const;

 private:
  struct Impl;
  explicit PartnerSignatures(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::rpc
