// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kit/rpc/arrivals.h"
#include "kit/rpc/channel_core.h"
#include "kit/rpc/client_call.h"
#include "kit/telemetry/tracer.h"

namespace vedette::rpc {

// One unary call: its attempts, one after another, or beside each other where the contract hedges,
// until one has an answer.
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
  struct Attempt;

  // Success when one more attempt is under way, at any instance.
  Status Start();
  void Begin(Admission admission);
  // When something is to be done about an attempt that begins `now` and is slow.
  SteadyTime PatienceEnds(SteadyTime now) const;
  std::optional<std::chrono::nanoseconds> Patience(std::chrono::nanoseconds left) const;
  // Hedges or gives the slow attempt up for another instance; nothing when nobody else may be
  // asked.
  void AskAnother();
  // Waits as a retry must, and makes it; the failure that stays when there can be none.
  Task<Status> Retry(Error failure, std::chrono::nanoseconds usual, bool retryable);
  bool IsUnderWayAt(const Instance& instance) const;
  bool TakeBudget();
  // Null when what arrived was given up before.
  std::unique_ptr<Attempt> TakeEnded();
  void GiveUpAll();
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
  SteadyTime patience_ends_ = SteadyTime::max();
};

}  // namespace vedette::rpc
