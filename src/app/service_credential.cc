// SPDX-License-Identifier: Apache-2.0
#include "app/service_credential.h"

#include <vedette/identity/v1/identity.vedette.h>

#include <algorithm>
#include <utility>

namespace vedette::app {
namespace {

constexpr std::chrono::seconds kRetryAfter(5);

}  // namespace

ServiceCredential::ServiceCredential(identity::v1::IdentityApi& identity,
                                     std::string service,
                                     Sensitive<std::string> secret,
                                     const Clock& clock)
    : identity_(identity),
      service_(std::move(service)),
      secret_(std::move(secret)),
      clock_(clock) {}

std::string ServiceCredential::Decide(const Signal& turn, bool& mine) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.SteadyNow();
  if (now < renew_at_ || (fetching_ && now < expires_at_)) return token_;
  mine = !fetching_;
  fetching_ = true;
  if (!mine) waiting_.push_back(turn);
  return {};
}

void ServiceCredential::Keep(std::string token, std::chrono::seconds lifetime) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
  renew_at_ = clock_.SteadyNow() + lifetime * 4 / 5;
  expires_at_ = clock_.SteadyNow() + lifetime;
}

std::string ServiceCredential::FallBack() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.SteadyNow();
  if (now >= expires_at_) return {};
  renew_at_ = std::min(expires_at_, now + kRetryAfter);
  return token_;
}

void ServiceCredential::EndTurn() {
  std::vector<Signal> waiting;
  {
    const std::lock_guard lock(mutex_);
    fetching_ = false;
    waiting.swap(waiting_);
  }
  for (const Signal& signal : waiting) signal.Set();
}

Task<Result<std::string>> ServiceCredential::Token() {
  while (true) {
    const Signal turn;
    bool mine = false;
    if (std::string token = Decide(turn, mine); !token.empty()) co_return token;
    if (mine) co_return co_await Fetch();
    if (!co_await turn.Wait()) co_return Fail(Code::kCancelled, "The caller left.");
  }
}

Task<Result<std::string>> ServiceCredential::Fetch() {
  // Also when this coroutine is cancelled: the next one then has the turn.
  struct Turn {
    ServiceCredential* credential;
    ~Turn() { credential->EndTurn(); }
  } const turn{this};
  identity::v1::IssueServiceTokenRequest request;
  request.set_service(service_);
  request.set_secret(secret_.Reveal());
  CallContext context;
  context.deadline = Deadline::After(clock_, std::chrono::seconds(5));
  auto response = co_await identity_.IssueServiceToken(std::move(context), std::move(request));
  if (!response) {
    if (std::string token = FallBack(); !token.empty()) co_return token;
    co_return std::unexpected(std::move(response).error());
  }
  Keep(response->access_token(), std::chrono::seconds(response->expires_in()));
  co_return response->access_token();
}

}  // namespace vedette::app
