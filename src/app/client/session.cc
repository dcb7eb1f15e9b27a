// SPDX-License-Identifier: Apache-2.0
#include "app/client/session.h"

#include <vedette/identity/v1/identity.vedette.h>

namespace vedette::app {

Result<std::unique_ptr<Session>> Session::Create(LogInDetails details, const Clock& clock) {
  rpc::ChannelOptions options;
  options.service = "server at " + details.server;
  options.addresses = {details.server};
  VEDETTE_TRY(std::shared_ptr<rpc::Channel> channel,
              rpc::Channel::Create(std::move(options), std::make_shared<rpc::ClientPoller>(),
                                   nullptr, clock));
  return std::unique_ptr<Session>(new Session(std::move(details), clock, std::move(channel)));
}

Session::Session(LogInDetails details, const Clock& clock, std::shared_ptr<rpc::Channel> channel)
    : details_(std::move(details)),
      clock_(clock),
      channel_(std::move(channel)),
      user_(std::make_shared<const Principal>(Principal{.name = details_.user})) {}

Task<Status> Session::LogIn() {
  const auto identity = identity::v1::MakeIdentityClient(channel_);
  identity::v1::LogInRequest request;
  request.set_username(details_.user);
  request.set_password(details_.password.Reveal());
  CallContext context;
  context.deadline = Deadline::After(clock_, std::chrono::seconds(10));
  VEDETTE_CO_TRY(const identity::v1::LogInResponse response,
                 co_await identity->LogIn(std::move(context), std::move(request)));
  token_ = std::make_shared<const std::string>(response.access_token());
  renew_at_ = clock_.SteadyNow() + std::chrono::seconds(response.expires_in() * 4 / 5);
  co_return Status();
}

Task<Result<std::string>> Session::Token() {
  if (!token_ || clock_.SteadyNow() >= renew_at_) VEDETTE_CO_CHECK_OK(co_await LogIn());
  co_return *token_;
}

Task<Result<CallContext>> Session::Context(std::chrono::milliseconds timeout) {
  VEDETTE_CO_CHECK_OK(co_await Token());
  CallContext context;
  context.deadline = Deadline::After(clock_, timeout);
  context.trace = TraceContext().Child();
  context.principal = user_;
  context.bearer_token = token_;
  co_return context;
}

}  // namespace vedette::app
