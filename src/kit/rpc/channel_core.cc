// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/channel_core.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <utility>

namespace vedette::rpc {
namespace {

MetricLabels ServiceLabel(const ChannelOptions& options) { return {{"service", options.service}}; }

}  // namespace

void Admission::Tell(const Error* error) {
  Outcome outcome = OutcomeOf(error);
  const std::chrono::nanoseconds elapsed = pick.elapsed();
  // Whoever had less time than the instance usually takes cannot blame it.
  if (error != nullptr && error->code == Code::kDeadlineExceeded &&
      static_cast<double>(elapsed.count()) < pick.instance().load.latency()) {
    outcome = Outcome::kNeither;
  }
  Tell(outcome, error == nullptr ? "" : vedette::Describe(error->code).name);
}

void Admission::TellFailure(const Error& error, bool never_sent) {
  if (!never_sent) return Tell(&error);
  pick.Tell(Outcome::kFailure);
  permit.End(Outcome::kNeither);
}

void Admission::Tell(Outcome outcome, std::string_view reason) {
  pick.Tell(outcome);
  permit.End(outcome, reason);
}

ChannelCore::ChannelCore(std::shared_ptr<void> owned,
                         ChannelOptions taken,
                         ChannelDependencies needed,
                         Transport made)
    : owned_(std::move(owned)),
      options(std::move(taken)),
      dependencies(std::move(needed)),
      budget(options.retry.budget_share, options.retry.budget_per_second, dependencies.clock),
      stale(static_cast<std::size_t>(options.stale_cache_bytes), dependencies.clock),
      budget_empty(dependencies.metrics.GetCounter(
          "vedette_rpc_client_retry_budget_empty_total",
          "Retries and hedges not made because too many were made before.",
          ServiceLabel(options))),
      transport_(std::move(made)),
      instances_gauge_(dependencies.metrics.GetGauge(
          "vedette_rpc_client_instances", "Known instances.", ServiceLabel(options))),
      ejector_(options.ejection,
               dependencies.clock,
               &dependencies.metrics.GetCounter("vedette_rpc_client_ejections_total",
                                                "Times an instance was left out for a while.",
                                                ServiceLabel(options))),
      by_load_(dependencies.clock, dependencies.random, ejector_),
      by_key_(dependencies.clock, ejector_) {}

void ChannelCore::Update(const discovery::Instances& addresses) {
  const std::scoped_lock lock(instances_mutex_);
  std::map<std::string, std::shared_ptr<SubChannel>> present;
  for (const std::string& address : addresses) {
    if (const auto known = instances_.find(address); known != instances_.end()) {
      present.insert(*known);
    } else if (auto connected = transport_.Connect(address)) {
      present.emplace(address, *std::move(connected));
    }
  }
  if (present.empty()) return;
  instances_ = std::move(present);
  InstanceList list;
  for (const auto& [address, instance] : instances_) list.push_back(instance);
  ejector_.Update(list);
  by_load_.Update(list);
  by_key_.Update(std::move(list));
  instances_gauge_.Set(static_cast<double>(instances_.size()));
}

std::size_t ChannelCore::instances() const {
  const std::scoped_lock lock(instances_mutex_);
  return instances_.size();
}

ClientMethod& ChannelCore::MethodOf(const MethodInfo& info) {
  const std::string path(info.path);
  {
    const std::shared_lock lock(methods_mutex_);
    if (const auto found = methods_.find(path); found != methods_.end()) return *found->second;
  }
  const std::scoped_lock lock(methods_mutex_);
  std::unique_ptr<ClientMethod>& method = methods_[path];
  if (!method) {
    method = std::make_unique<ClientMethod>(info, methods_.size() - 1, dependencies.metrics);
  }
  return *method;
}

std::shared_ptr<Breaker> ChannelCore::BreakerOf(const ClientMethod& method,
                                                SubChannel& channel) const {
  std::shared_ptr<Breaker> breaker = channel.breaker(method.number);
  if (breaker) return breaker;
  breaker = dependencies.breakers.Get("rpc " + method.label + " " + channel.address(),
                                      {{"kind", "rpc"}, {"operation", method.label}});
  channel.SetBreaker(method.number, breaker);
  return breaker;
}

Result<Admission> ChannelCore::Admit(const ClientMethod& method,
                                     const std::optional<std::string>& key,
                                     const std::vector<const Instance*>& tried,
                                     bool stream) {
  std::vector<const Instance*> avoid = tried;
  std::vector<const Instance*> refused;
  while (true) {
    const PickRequest request{.key = key, .avoid = avoid, .stream = stream};
    Balancer& balancer = key ? static_cast<Balancer&>(by_key_) : by_load_;
    VEDETTE_TRY(Pick pick, balancer.Choose(request));
    const Instance* const instance = &pick.instance();
    std::shared_ptr<Breaker> breaker = BreakerOf(method, static_cast<SubChannel&>(pick.instance()));
    Result<Breaker::Permit> permit = breaker->Allow();
    if (permit) return Admission{std::move(pick), std::move(breaker), *std::move(permit)};
    if (std::ranges::find(refused, instance) != refused.end()) {
      return std::unexpected(std::move(permit).error());
    }
    refused.push_back(instance);
    avoid.push_back(instance);
  }
}

Task<Result<std::string>> ChannelCore::Authorization(const MethodInfo& info,
                                                     CallContext call) const {
  if (info.open || call.principal == nullptr) co_return std::string();
  if (!call.principal->is_service) {
    // A user's call never borrows the service's own credential.
    if (call.bearer_token == nullptr) co_return std::string();
    co_return "Bearer " + *call.bearer_token;
  }
  if (dependencies.credentials == nullptr) co_return std::string();
  VEDETTE_CO_TRY(const std::string token, co_await dependencies.credentials->Token());
  co_return "Bearer " + token;
}

Result<Deadline> ChannelCore::DeadlineOf(const MethodInfo& info, const CallContext& call) const {
  Deadline deadline = call.deadline;
  if (!info.streams) {
    const auto timeout = info.timeout.count() != 0 ? info.timeout : options.default_timeout;
    deadline = deadline.Earlier(Deadline::After(clock(), timeout));
  }
  if (deadline.Passed(clock())) {
    return Fail(Code::kDeadlineExceeded, "The call's time was over before it began.");
  }
  return deadline;
}

void ChannelCore::Prepare(grpc::ClientContext& context,
                          Deadline deadline,
                          const TraceContext& trace,
                          const std::string& authorization) const {
  if (deadline.IsSet()) {
    const auto left = std::chrono::nanoseconds(deadline.time - clock().SteadyNow());
    context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                      gpr_time_from_nanos(left.count(), GPR_TIMESPAN)));
  }
  if (trace.IsValid()) context.AddMetadata("traceparent", trace.ToTraceparent());
  if (!authorization.empty()) context.AddMetadata("authorization", authorization);
}

ChannelState ChannelCore::Snapshot() const {
  std::vector<std::shared_ptr<SubChannel>> channels;
  {
    const std::scoped_lock lock(instances_mutex_);
    for (const auto& [address, channel] : instances_) channels.push_back(channel);
  }
  ChannelState state{.service = options.service, .retry_budget = budget.tokens()};
  for (const auto& channel : channels) state.instances.push_back(Describe(*channel));
  return state;
}

ChannelState::Instance ChannelCore::Describe(SubChannel& channel) const {
  constexpr std::string_view kNames[] = {"ready", "connecting", "failing"};
  const LoadMeter& load = channel.load;
  ChannelState::Instance state{
      .address = channel.address(),
      .connection = kNames[static_cast<std::size_t>(channel.reach())],
      .latency = std::chrono::microseconds(static_cast<std::int64_t>(load.latency() / 1000)),
      .success = load.success(),
      .calls = load.calls(),
      .streams = load.streams(),
      .ejected = channel.ejection.Ejected(clock().SteadyNow())};
  const std::shared_lock lock(methods_mutex_);
  for (const auto& [path, method] : methods_) {
    const std::shared_ptr<Breaker> breaker = channel.breaker(method->number);
    if (breaker) state.methods.push_back({method->label, breaker->Snapshot()});
  }
  std::ranges::sort(state.methods, {}, &ChannelState::Method::label);
  return state;
}

std::optional<std::string> AffinityKey(const MethodInfo& info, const Message& request) {
  if (info.affinity_field.empty()) return std::nullopt;
  const auto* const field =
      request.GetDescriptor()->FindFieldByName(std::string(info.affinity_field));
  if (field == nullptr || field->is_repeated()) return std::nullopt;
  const google::protobuf::Reflection& reflection = *request.GetReflection();
  switch (field->cpp_type()) {
    case google::protobuf::FieldDescriptor::CPPTYPE_STRING: {
      std::string key = reflection.GetString(request, field);
      return key.empty() ? std::nullopt : std::optional(std::move(key));
    }
    case google::protobuf::FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(reflection.GetInt64(request, field));
    case google::protobuf::FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(reflection.GetInt32(request, field));
    default:
      return std::nullopt;
  }
}

}  // namespace vedette::rpc
