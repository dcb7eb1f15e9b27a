// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/channel.h"

#include <google/protobuf/message.h>

#include <utility>

#include "kit/config/section.h"
#include "kit/discovery/address.h"
#include "kit/rpc/channel_core.h"
#include "kit/rpc/fallback.h"
#include "kit/rpc/governed_call.h"
#include "kit/rpc/governed_stream.h"

namespace vedette::rpc {
namespace {

Task<Status> CallInTime(std::shared_ptr<ChannelCore> core,
                        ClientMethod& method,
                        const MethodInfo& info,
                        CallContext context,
                        const Message& request,
                        Message& response,
                        const TraceContext& trace) {
  VEDETTE_CO_TRY(const Deadline deadline, core->DeadlineOf(info, context));
  VEDETTE_CO_TRY(std::string authorization, co_await core->Authorization(info, context));
  GovernedCall call(core, method, info, deadline, trace, request, std::move(authorization));
  co_return co_await call.Run(response);
}

// The caller may not have the answer, or not any more, or what it told of is there no more.
constexpr CodeSet kRevoked = {Code::kPermissionDenied, Code::kUnauthenticated, Code::kNotFound};

// Keeps a good answer, and drops it when it is revoked; in the place of none gives the one that was
// kept.
Status KeepOrRecall(ChannelCore& core,
                    ClientMethod& method,
                    const MethodInfo& info,
                    const CallContext& context,
                    const Message& request,
                    Message& response,
                    Status status) {
  const bool revoked = !status && kRevoked.Has(status.error().code);
  if (!status && !revoked && !kUnanswered.Has(status.error().code)) return status;
  const StaleCache::Key key = StaleCache::KeyOf(info.path, request.SerializeAsString(), context);
  if (status) {
    core.stale.Put(key, response.SerializeAsString());
    return status;
  }
  if (revoked) {
    core.stale.Forget(key);
    return status;
  }
  const auto answer = core.stale.Find(key, info.stale_if_error);
  if (!answer || !response.ParseFromString(*answer)) return status;
  method.metrics.fallbacks.Add();
  return {};
}

// What a channel has of its own where nobody looks at it.
struct OwnDependencies {
  explicit OwnDependencies(const Clock& clock) : breakers({}, clock, random, metrics) {}

  SystemRandom random;
  MetricsRegistry metrics;
  NullTracer tracer;
  BreakerRegistry breakers;
};

}  // namespace

void ChannelOptions::Describe(config::Section& section) {
  section.Field("addresses", addresses,
                {.text = "Where the service is, host:port each; IPv6 in brackets."});
  section.Field("tls", tls, {.text = "Encrypt, and check the server's certificate."});
  section.Field("ca_file", ca_file, {.text = "Authority (PEM); empty: the system's."});
  section.Field("cert_file", cert_file, {.text = "Own certificate (PEM), for mutual TLS."});
  section.Field("key_file", key_file, {.text = "Own private key (PEM), for mutual TLS."});
  section.Field("server_name", server_name,
                {.text = "Name expected in the certificate; empty: the address."});
  section.Field("default_timeout", default_timeout,
                {.text = "Of calls that bring no deadline.", .minimum = 1, .maximum = 3.6e6});
  section.Field("max_message_bytes", max_message_bytes,
                {.text = "Largest answer in bytes.", .minimum = 1024, .maximum = 1 << 30});
  section.Field("keepalive_interval", keepalive_interval,
                {.text = "Silence after which a connection is asked whether it is alive.",
                 .minimum = 10'000,
                 .maximum = 3.6e6});
  section.Field("keepalive_timeout", keepalive_timeout,
                {.text = "Time for its answer.", .minimum = 100, .maximum = 6e5});
  section.Field("stale_cache_bytes", stale_cache_bytes,
                {.text = "Answers kept for operations that may give old ones, in bytes.",
                 .minimum = 0,
                 .maximum = 1 << 30});
  section.Nested("retry", retry, "Further attempts of a call.");
  section.Nested("ejection", ejection, "Leaving out instances that fail.");
}

Channel::Channel(std::shared_ptr<ChannelCore> core) : core_(std::move(core)) {}
Channel::~Channel() = default;

Result<std::shared_ptr<Channel>> Channel::Make(std::shared_ptr<void> owned,
                                               ChannelOptions options,
                                               ChannelDependencies dependencies) {
  const std::shared_ptr<discovery::Resolver> resolver = dependencies.resolver;
  if (!resolver && options.addresses.empty()) {
    return Fail(Code::kInvalidArgument,
                "The " + options.service + " service needs at least one address.");
  }
  for (const std::string& address : options.addresses) {
    VEDETTE_CHECK_OK(discovery::ParseHostPort(address));
  }
  VEDETTE_TRY(Transport transport, Transport::Create(options));
  auto core = std::make_shared<ChannelCore>(std::move(owned), std::move(options),
                                            std::move(dependencies), std::move(transport));
  std::shared_ptr<Channel> channel(new Channel(core));
  if (resolver) {
    core->Update(resolver->Current());
    channel->subscription_ =
        resolver->Subscribe([weak = std::weak_ptr(core)](const discovery::Instances& instances) {
          if (const auto held = weak.lock()) held->Update(instances);
        });
  } else {
    core->Update(core->options.addresses);
  }
  return channel;
}

Result<std::shared_ptr<Channel>> Channel::Create(ChannelOptions options,
                                                 ChannelDependencies dependencies) {
  return Make(nullptr, std::move(options), std::move(dependencies));
}

Result<std::shared_ptr<Channel>> Channel::Create(ChannelOptions options,
                                                 std::shared_ptr<ClientPoller> poller,
                                                 std::shared_ptr<CredentialSource> credentials,
                                                 const Clock& clock) {
  auto own = std::make_shared<OwnDependencies>(clock);
  return Make(own, std::move(options),
              {.poller = std::move(poller),
               .credentials = std::move(credentials),
               .clock = clock,
               .random = own->random,
               .metrics = own->metrics,
               .tracer = own->tracer,
               .breakers = own->breakers});
}

Task<Status> Channel::Call(const MethodInfo& info,
                           CallContext context,
                           const Message& request,
                           Message& response) {
  const std::shared_ptr<ChannelCore> core = core_;
  ClientMethod& method = core->MethodOf(info);
  const SteadyTime started = core->clock().SteadyNow();
  Span span = core->dependencies.tracer.Start(info.label, SpanKind::kClient, context.trace);
  Status status =
      co_await CallInTime(core, method, info, context, request, response, span.context());
  if (info.stale_if_error.count() > 0) {
    status = KeepOrRecall(*core, method, info, context, request, response, std::move(status));
  }
  const Error* const error = status ? nullptr : &status.error();
  if (error != nullptr) span.Fail(error->code);
  method.metrics.Account(error, core->clock().SteadyNow() - started);
  co_return status;
}

Task<Result<std::unique_ptr<ClientStream>>> Channel::Open(const MethodInfo& info,
                                                          CallContext context,
                                                          const Message& request) {
  const std::shared_ptr<ChannelCore> core = core_;
  VEDETTE_CO_TRY(const Deadline deadline, core->DeadlineOf(info, context));
  VEDETTE_CO_TRY(std::string authorization, co_await core->Authorization(info, context));
  co_return co_await OpenStream(core, info, deadline, context.trace, request,
                                std::move(authorization));
}

ChannelState Channel::Snapshot() const { return core_->Snapshot(); }

}  // namespace vedette::rpc
