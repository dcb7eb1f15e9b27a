// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kit/balance/consistent_hash_balancer.h"
#include "kit/balance/p2c_balancer.h"
#include "kit/breaker/breaker_registry.h"
#include "kit/rpc/channel.h"
#include "kit/rpc/client_metrics.h"
#include "kit/rpc/retry_budget.h"
#include "kit/rpc/retry_policy.h"
#include "kit/rpc/stale_cache.h"
#include "kit/rpc/transport.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace vedette::rpc {

// One operation as a channel sees it.
struct ClientMethod {
  ClientMethod(const MethodInfo& info, std::size_t index, MetricsRegistry& registry)
      : label(info.label), number(index), metrics(label, registry) {}

  const std::string label;
  const std::size_t number;
  ClientMetrics metrics;
  UsualTime usual_time;  // of a good answer
};

// An instance that was chosen, with the leave of its breaker. Tell how it went; untold counts as
// neither.
struct Admission {
  Pick pick;
  std::shared_ptr<Breaker> breaker;
  Breaker::Permit permit;

  SubChannel& channel() const { return static_cast<SubChannel&>(pick.instance()); }
  // Null for success.
  void Tell(const Error* error);
  // What was never sent is no failure of the operation: the connection tells by itself when the
  // instance is back, and its breaker would only keep calls away for longer.
  void TellFailure(const Error& error, bool never_sent);
  void Tell(Outcome outcome, std::string_view reason);
};

// What the calls and streams of a channel share.
class ChannelCore {
 public:
  // `owned` is kept as long: dependencies that belong to nobody else, or null.
  ChannelCore(std::shared_ptr<void> owned,
              ChannelOptions taken,
              ChannelDependencies needed,
              Transport made);

 private:
  const std::shared_ptr<void> owned_;

 public:
  const ChannelOptions options;
  const ChannelDependencies dependencies;
  RetryBudget budget;
  StaleCache stale;
  Counter& budget_empty;

  const Clock& clock() const { return dependencies.clock; }
  std::string_view service() const { return options.service; }

  // Instances that stay keep their connections and what is known of them. Changes nothing when the
  // list is empty or holds no address.
  void Update(const discovery::Instances& addresses);
  std::size_t instances() const;

  ClientMethod& MethodOf(const MethodInfo& info);

  // An instance whose breaker lets the call through, none of `tried` if possible; the refusal when
  // every breaker refuses.
  Result<Admission> Admit(const ClientMethod& method,
                          const std::optional<std::string>& key,
                          const std::vector<const Instance*>& tried,
                          bool stream);

  // The value of the authorization header; empty for none.
  Task<Result<std::string>> Authorization(const MethodInfo& info, CallContext call) const;
  // The caller's deadline, or the contract's if that is earlier; kDeadlineExceeded when it is over.
  Result<Deadline> DeadlineOf(const MethodInfo& info, const CallContext& call) const;
  // Writes deadline, trace and authorization.
  void Prepare(grpc::ClientContext& context,
               Deadline deadline,
               const TraceContext& trace,
               const std::string& authorization) const;

  ChannelState Snapshot() const;

 private:
  std::shared_ptr<Breaker> BreakerOf(const ClientMethod& method, SubChannel& channel) const;
  ChannelState::Instance Describe(SubChannel& channel) const;

  const Transport transport_;
  Gauge& instances_gauge_;
  OutlierEjector ejector_;
  P2cBalancer by_load_;
  ConsistentHashBalancer by_key_;

  mutable std::mutex instances_mutex_;
  std::map<std::string, std::shared_ptr<SubChannel>> instances_;
  mutable std::shared_mutex methods_mutex_;
  std::unordered_map<std::string, std::unique_ptr<ClientMethod>> methods_;  // by path
};

// What the affinity field of the request holds; nullopt where the contract names none or it is
// empty: any instance will do then.
std::optional<std::string> AffinityKey(const MethodInfo& info, const Message& request);

}  // namespace vedette::rpc
