// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/transport.h"

#include <arpa/inet.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>

#include <utility>

#include "kit/discovery/address.h"
#include "kit/rpc/grpc_status.h"
#include "kit/tls/grpc_credentials.h"

namespace vedette::rpc {
namespace {

// Errors with thousands of violations travel in trailers.
constexpr int kMetadataBytes = 4 << 20;

grpc::ChannelArguments MakeArguments(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // A peer that vanished or froze without a word is noticed, also by a stream that is only read.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS,
                   static_cast<int>(options.keepalive_interval.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                   static_cast<int>(options.keepalive_timeout.count()));
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  return arguments;
}

// With an empty authority part, so that it differs from how gRPC writes the address of a peer.
std::string TargetOf(const discovery::HostPort& address) {
  in6_addr binary;
  if (inet_pton(AF_INET, address.host.c_str(), &binary) == 1) {
    return "ipv4:///" + address.host + ":" + address.port;
  }
  if (inet_pton(AF_INET6, address.host.c_str(), &binary) == 1) {
    return "ipv6:///%5B" + address.host + "%5D:" + address.port;
  }
  return "dns:///" + address.host + ":" + address.port;
}

}  // namespace

SubChannel::SubChannel(std::string address,
                       std::string target,
                       std::shared_ptr<grpc::Channel> channel)
    : Instance(std::move(address)),
      target_(std::move(target)),
      channel_(std::move(channel)),
      stub_(channel_) {}

Reach SubChannel::reach() {
  switch (channel_->GetState(true)) {
    case GRPC_CHANNEL_READY:
      return Reach::kReady;
    case GRPC_CHANNEL_TRANSIENT_FAILURE:
    case GRPC_CHANNEL_SHUTDOWN:
      return Reach::kFailing;
    default:
      return Reach::kConnecting;
  }
}

bool SubChannel::NeverSent(const grpc::ClientContext& context, const grpc::Status& status) const {
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return false;
  // Whatever a service says, it has seen the request.
  if (context.GetServerTrailingMetadata().contains(kCodeKey)) return false;
  // gRPC knows the peer from the moment on when a connection takes the call. A call that a closing
  // connection gave back unprocessed, and that found no other, has a peer but also this text.
  return context.peer() == target_ ||
         status.error_message().starts_with("failed to connect to all addresses");
}

std::shared_ptr<Breaker> SubChannel::breaker(std::size_t operation) const {
  const std::scoped_lock lock(mutex_);
  return operation < breakers_.size() ? breakers_[operation] : nullptr;
}

void SubChannel::SetBreaker(std::size_t operation, std::shared_ptr<Breaker> breaker) {
  const std::scoped_lock lock(mutex_);
  if (breakers_.size() <= operation) breakers_.resize(operation + 1);
  breakers_[operation] = std::move(breaker);
}

Result<Transport> Transport::Create(const ChannelOptions& options) {
  VEDETTE_TRY(auto credentials,
              tls::MakeChannelCredentials(options.tls,
                                          {options.ca_file, options.cert_file, options.key_file}));
  return Transport(std::move(credentials), MakeArguments(options));
}

Result<std::shared_ptr<SubChannel>> Transport::Connect(const std::string& address) const {
  VEDETTE_TRY(const discovery::HostPort parsed, discovery::ParseHostPort(address));
  std::string target = TargetOf(parsed);
  auto channel = grpc::CreateCustomChannel(target, credentials_, arguments_);
  channel->GetState(true);
  return std::make_shared<SubChannel>(address, std::move(target), std::move(channel));
}

}  // namespace vedette::rpc
