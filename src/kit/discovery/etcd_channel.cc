// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_channel.h"

#include <grpcpp/create_channel.h>

#include "kit/tls/grpc_credentials.h"

namespace vedette::discovery {
namespace {

grpc::ChannelArguments MakeArguments(const EtcdOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // A channel that is made anew shall not take over the connection that hangs.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  return arguments;
}

}  // namespace

Result<std::shared_ptr<grpc::ChannelCredentials>> EtcdCredentials(const EtcdOptions& options) {
  return tls::MakeChannelCredentials(options.tls,
                                     {options.ca_file, options.cert_file, options.key_file});
}

EtcdEndpoint::EtcdEndpoint(const EtcdOptions& options,
                           std::size_t index,
                           std::shared_ptr<grpc::ChannelCredentials> credentials)
    : stub(grpc::CreateCustomChannel(
          options.endpoints[index], credentials, MakeArguments(options))) {}

}  // namespace vedette::discovery
