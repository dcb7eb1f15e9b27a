// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kit/rpc/arrivals.h"
#include "kit/rpc/channel_core.h"
#include "kit/rpc/client_call.h"
#include "kit/telemetry/tracer.h"

namespace vedette::rpc {

// One unary call: its attempts, one after another or beside each other, until one has an answer.
// Used by one coroutine, and destroyed by it. Destroying it cancels what is under way.
class GovernedCall {
 public:
  GovernedCall(std::shared_ptr<ChannelCore> core,
               ClientMethod& method,
               const MethodInfo& info,
               Deadline deadline,
               const TraceContext& trace,
               const Message& request,
               std::string authorization);
  ~GovernedCall();
  GovernedCall(const GovernedCall&) = delete;
  GovernedCall& operator=(const GovernedCall&) = delete;

  Task<Status> Run(Message& response);

 private:
  enum class Reason : std::uint8_t { kFirst, kRetry, kHedge };
  struct Attempt;

  // Success when one more attempt is under way.
  Status Start(Reason reason);
  // For a slow attempt; nothing when that may not be.
  void Hedge();
  // Waits as a retry must, and makes it; the failure that stays when there can be none.
  Task<Status> Retry(Error failure, std::chrono::nanoseconds usual, bool retryable);
  bool MayHedge() const;
  std::unique_ptr<Attempt> TakeEnded();
  // The answer is there: who was asked before the one that gave it is slow.
  void TellOvertaken(const Attempt& winner);

  const std::shared_ptr<ChannelCore> core_;
  ClientMethod& method_;
  const MethodInfo& info_;
  const Deadline deadline_;
  const TraceContext trace_;
  const grpc::ByteBuffer request_;
  const std::optional<std::string> key_;
  const std::string authorization_;

  std::shared_ptr<Arrivals> arrivals_ = std::make_shared<Arrivals>();
  std::vector<std::unique_ptr<Attempt>> attempts_;  // under way, in the order they began
  std::vector<const Instance*> tried_;
  int started_ = 0;
  int retries_ = 0;
  bool hedging_ = true;
  SteadyTime hedge_at_ = SteadyTime::max();
};

}  // namespace vedette::rpc
