// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/sensitive.h"
#include "kit/rpc/call_context.h"
#include "kit/rpc/channel.h"
#include "kit/task/task.h"

namespace vedette::app {

struct LogInDetails {
  std::string server;  // gRPC address of a gateway or a whole process: "127.0.0.1:9090"
  std::string user;
  Sensitive<std::string> password;
};

// A user's connection to a running system, for the command line. Logs in when first asked for a
// context and again before the token ends. Used from one executor.
class Session {
 public:
  static Result<std::unique_ptr<Session>> Create(LogInDetails details, const Clock& clock);

  const std::shared_ptr<rpc::Channel>& channel() const { return channel_; }

  // The user's context for one call that may take `timeout`.
  Task<Result<CallContext>> Context(std::chrono::milliseconds timeout);

  // For shell scripts: prints nothing, gives the token.
  Task<Result<std::string>> Token();

 private:
  Session(LogInDetails details, const Clock& clock, std::shared_ptr<rpc::Channel> channel);
  Task<Status> LogIn();

  LogInDetails details_;
  const Clock& clock_;
  std::shared_ptr<rpc::Channel> channel_;
  const std::shared_ptr<const Principal> user_;
  std::shared_ptr<const std::string> token_;
  SteadyTime renew_at_{};
};

}  // namespace vedette::app
