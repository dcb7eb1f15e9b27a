// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/sensitive.h"
#include "kit/rpc/channel.h"
#include "kit/task/signal.h"

namespace vedette::identity::v1 {
class IdentityApi;
}

namespace vedette::app {

// This process's own token, got from identity for the secret that the processes of a system share.
// Renewed when 80 % of its life has passed, by one request for all callers; the old one serves
// until it expires, meanwhile and while identity is away. Thread-safe. `identity` and `clock`
// outlive it.
class ServiceCredential final : public rpc::CredentialSource {
 public:
  ServiceCredential(identity::v1::IdentityApi& identity,
                    std::string service,
                    Sensitive<std::string> secret,
                    const Clock& clock);

  Task<Result<std::string>> Token() override;

 private:
  Task<Result<std::string>> Fetch();
  // The token that serves this call, else empty: then `mine` says whether this caller fetches one,
  // or waits for `turn`.
  std::string Decide(const Signal& turn, bool& mine);
  void Keep(std::string token, std::chrono::seconds lifetime);
  // Not to be asked again at once; the old token while it is good, else empty.
  std::string FallBack();
  // Ends this caller's turn to fetch and wakes those who wait.
  void EndTurn();

  identity::v1::IdentityApi& identity_;
  const std::string service_;
  const Sensitive<std::string> secret_;
  const Clock& clock_;

  std::mutex mutex_;
  std::string token_;
  SteadyTime renew_at_{};
  SteadyTime expires_at_{};
  bool fetching_ = false;
  std::vector<Signal> waiting_;
};

}  // namespace vedette::app
