// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_session.h"

#include <algorithm>
#include <utility>

#include "kit/discovery/etcd.pb.h"

namespace vedette::discovery {
namespace {

constexpr std::chrono::milliseconds kShortestAttempt{500};

}  // namespace

bool IsAway(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kDeadlineExceeded;
}

EtcdSession::EtcdSession(EtcdOptions options,
                         std::shared_ptr<grpc::ChannelCredentials> credentials,
                         const Clock& clock)
    : options_(std::move(options)), clock_(clock), credentials_(std::move(credentials)) {
  for (std::size_t i = 0; i < options_.endpoints.size(); ++i) endpoints_.push_back(Connect(i));
}

std::shared_ptr<EtcdEndpoint> EtcdSession::Connect(std::size_t index) const {
  return std::make_shared<EtcdEndpoint>(options_, index, credentials_);
}

std::shared_ptr<EtcdEndpoint> EtcdSession::Current() {
  const std::scoped_lock lock(mutex_);
  return endpoints_[current_];
}

void EtcdSession::Leave(const std::shared_ptr<EtcdEndpoint>& endpoint, Code why) {
  const std::scoped_lock lock(mutex_);
  if (endpoints_[current_] != endpoint) return;
  if (why == Code::kDeadlineExceeded) endpoints_[current_] = Connect(current_);
  current_ = (current_ + 1) % endpoints_.size();
}

SteadyTime EtcdSession::AttemptEnd(SteadyTime end) const {
  const auto share = options_.timeout / static_cast<std::int64_t>(options_.endpoints.size());
  return std::min(end, clock_.SteadyNow() + std::max(share, kShortestAttempt));
}

Task<Result<std::string>> EtcdSession::Token(std::shared_ptr<EtcdEndpoint> endpoint,
                                             std::string used,
                                             SteadyTime end) {
  if (options_.user.empty()) co_return std::string();
  {
    const std::scoped_lock lock(mutex_);
    if (!token_.empty() && token_ != used) co_return token_;
  }
  etcd::AuthenticateRequest request;
  request.set_name(options_.user);
  request.set_password(options_.password.Reveal());
  etcd::AuthenticateResponse response;
  Status status = co_await EtcdUnary(endpoint->stub, queue(), "/etcdserverpb.Auth/Authenticate", "",
                                     end, request, response);
  if (!status && !IsAway(status.error()) && status.error().code != Code::kCancelled) {
    co_return Fail(Code::kUnauthenticated, "etcd does not accept the user and password.");
  }
  VEDETTE_CO_CHECK_OK(std::move(status));
  const std::scoped_lock lock(mutex_);
  token_ = response.token();
  co_return token_;
}

Task<Status> EtcdSession::WithToken(std::shared_ptr<EtcdEndpoint> endpoint,
                                    SteadyTime end,
                                    Attempt attempt) {
  VEDETTE_CO_TRY(std::string used, co_await Token(endpoint, "", end));
  Status status = co_await attempt(endpoint, used, end);
  if (status || options_.user.empty() || status.error().code != Code::kUnauthenticated) {
    co_return status;
  }
  VEDETTE_CO_TRY(std::string renewed, co_await Token(endpoint, used, end));
  co_return co_await attempt(endpoint, std::move(renewed), end);
}

Task<Status> EtcdSession::Try(Attempt attempt, SteadyTime limit) {
  const SteadyTime end = std::min(limit, clock_.SteadyNow() + options_.timeout);
  Status status = Fail(Code::kUnavailable, "etcd cannot be reached.");
  for (std::size_t tried = 0; tried < options_.endpoints.size(); ++tried) {
    const std::shared_ptr<EtcdEndpoint> endpoint = Current();
    status = co_await WithToken(endpoint, AttemptEnd(end), attempt);
    if (status || !IsAway(status.error())) co_return status;
    Leave(endpoint, status.error().code);
    if (clock_.SteadyNow() >= end) break;
  }
  co_return status;
}

Task<Status> EtcdSession::Call(std::string path,
                               const Message& request,
                               Message& response,
                               SteadyTime limit) {
  co_return co_await Try(
      [&](std::shared_ptr<EtcdEndpoint> endpoint, std::string token, SteadyTime end) {
        return EtcdUnary(endpoint->stub, queue(), path, std::move(token), end, request, response);
      },
      limit);
}

}  // namespace vedette::discovery
