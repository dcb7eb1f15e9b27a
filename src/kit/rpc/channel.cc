// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/channel.h"

#include <google/protobuf/message.h>
#include <grpcpp/create_channel.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "kit/config/section.h"
#include "kit/rpc/client_call.h"
#include "kit/rpc/client_poller.h"
#include "kit/rpc/grpc_buffer.h"

namespace vedette::rpc {
namespace {

// Errors with thousands of violations travel in trailers.
constexpr int kMetadataBytes = 4 << 20;

Result<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!(text << file.rdbuf())) {
    return Fail(Code::kInvalidArgument, "The TLS file " + path + " cannot be read.");
  }
  return std::move(text).str();
}

bool IsIpv4(const std::string& address) {
  return !address.empty() && std::ranges::all_of(address, [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == ':';
  });
}

Result<std::string> Target(const ChannelOptions& options) {
  if (options.addresses.empty()) {
    return Fail(Code::kInvalidArgument,
                "The " + options.service + " service needs at least one address.");
  }
  if (std::ranges::all_of(options.addresses, IsIpv4)) {
    std::string target = "ipv4:";
    for (const std::string& address : options.addresses) {
      if (target.back() != ':') target += ',';
      target += address;
    }
    return target;
  }
  if (options.addresses.size() == 1) return options.addresses.front();
  return Fail(Code::kInvalidArgument, "The " + options.service +
                                          " service's addresses must be IPv4 addresses when there "
                                          "are several.");
}

Result<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const ChannelOptions& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  VEDETTE_TRY(ssl.pem_root_certs, ReadFile(options.ca_file));
  VEDETTE_TRY(ssl.pem_cert_chain, ReadFile(options.cert_file));
  VEDETTE_TRY(ssl.pem_private_key, ReadFile(options.key_file));
  return grpc::SslCredentials(ssl);
}

grpc::ChannelArguments MakeArguments(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // A peer that vanished without a word is noticed, also by a stream that is only read.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  return arguments;
}

// Ends the call over there when the task here ends first.
struct CancelOnExit {
  grpc::ClientContext* context;
  ~CancelOnExit() {
    if (context != nullptr) context->TryCancel();
  }
};

class Stream final : public ClientStream {
 public:
  Stream(std::shared_ptr<StreamCall> call, std::shared_ptr<ClientPoller> poller)
      : call_(std::move(call)), poller_(std::move(poller)) {}
  ~Stream() override { call_->context().TryCancel(); }

  Task<bool> Accepted() override { return call_->Accepted(); }
  Task<bool> Read(Message& message) override { return call_->Read(message); }
  Task<Status> Finish() override { return call_->Finish(); }

 private:
  std::shared_ptr<StreamCall> call_;
  std::shared_ptr<ClientPoller> poller_;
};

}  // namespace

void ChannelOptions::Describe(config::Section& section) {
  section.Field("addresses", addresses,
                {.text = "Where the service is: host:port; several must be IPv4 addresses."});
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
}

struct Channel::Impl {
  ChannelOptions options;
  std::shared_ptr<ClientPoller> poller;
  std::shared_ptr<CredentialSource> credentials;
  const Clock& clock;
  std::shared_ptr<grpc::Channel> channel;
  grpc::GenericStub stub;

  // Deadline, trace and token of the call.
  Task<Status> Prepare(const MethodInfo& info,
                       const CallContext& call,
                       grpc::ClientContext& context) const {
    Deadline deadline = call.deadline;
    if (!info.streams) {
      const auto timeout = info.timeout.count() != 0 ? info.timeout : options.default_timeout;
      deadline = deadline.Earlier(Deadline::After(clock, timeout));
    }
    if (deadline.Passed(clock)) {
      co_return Fail(Code::kDeadlineExceeded, "The call's time was over before it began.");
    }
    if (deadline.IsSet()) {
      const auto left = std::chrono::nanoseconds(deadline.time - clock.SteadyNow());
      context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                        gpr_time_from_nanos(left.count(), GPR_TIMESPAN)));
    }
    if (call.trace.IsValid()) context.AddMetadata("traceparent", call.trace.ToTraceparent());
    co_return co_await AddToken(info, call, context);
  }

  Task<Status> AddToken(const MethodInfo& info,
                        const CallContext& call,
                        grpc::ClientContext& context) const {
    if (info.open || call.principal == nullptr) co_return Status();
    if (!call.principal->is_service) {
      // A user's call never borrows the service's own credential.
      if (call.bearer_token != nullptr) {
        context.AddMetadata("authorization", "Bearer " + *call.bearer_token);
      }
      co_return Status();
    }
    if (credentials == nullptr) co_return Status();
    VEDETTE_CO_TRY(const std::string token, co_await credentials->Token());
    context.AddMetadata("authorization", "Bearer " + token);
    co_return Status();
  }
};

Channel::Channel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Channel::~Channel() = default;

Result<std::shared_ptr<Channel>> Channel::Create(ChannelOptions options,
                                                 std::shared_ptr<ClientPoller> poller,
                                                 std::shared_ptr<CredentialSource> credentials,
                                                 const Clock& clock) {
  VEDETTE_TRY(const std::string target, Target(options));
  VEDETTE_TRY(const auto tls, MakeCredentials(options));
  auto channel = grpc::CreateCustomChannel(target, tls, MakeArguments(options));
  return std::shared_ptr<Channel>(new Channel(
      std::make_unique<Impl>(std::move(options), std::move(poller), std::move(credentials), clock,
                             channel, grpc::GenericStub(channel))));
}

Task<Status> Channel::Call(const MethodInfo& info,
                           CallContext context,
                           const Message& request,
                           Message& response) {
  const auto call = std::make_shared<UnaryCall>();
  VEDETTE_CO_CHECK_OK(co_await impl_->Prepare(info, context, call->context()));
  CancelOnExit cancel{&call->context()};
  call->Start(impl_->stub, std::string(info.path), Serialize(request), impl_->poller->impl().queue);
  if (!co_await call->done().Wait()) co_return Fail(Code::kCancelled, "The caller left.");
  cancel.context = nullptr;
  if (!call->status().ok()) {
    co_return Fail(ErrorOf(call->status(), call->context(), impl_->options.service));
  }
  if (!Parse(call->response(), response)) {
    co_return Fail(Code::kInternal,
                   "The " + impl_->options.service + " service sent an unreadable answer.");
  }
  co_return Status();
}

Task<Result<std::unique_ptr<ClientStream>>> Channel::Open(const MethodInfo& info,
                                                          CallContext context,
                                                          const Message& request) {
  auto call = std::make_shared<StreamCall>(impl_->options.service);
  VEDETTE_CO_CHECK_OK(co_await impl_->Prepare(info, context, call->context()));
  auto stream = std::make_unique<Stream>(call, impl_->poller);
  if (!co_await call->Start(impl_->stub, std::string(info.path), Serialize(request),
                            impl_->poller->impl().queue)) {
    VEDETTE_CO_CHECK_OK(co_await call->Finish());
    co_return Fail(Code::kInternal, "The stream ended before it began.");
  }
  co_return stream;
}

}  // namespace vedette::rpc
