// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_channel.h"

#include <grpcpp/create_channel.h>

#include <fstream>
#include <sstream>
#include <string>

namespace vedette::discovery {
namespace {

Result<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!(text << file.rdbuf())) {
    return Fail(Code::kInvalidArgument, "The TLS file " + path + " cannot be read.");
  }
  return std::move(text).str();
}

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
  if (!options.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  VEDETTE_TRY(ssl.pem_root_certs, ReadFile(options.ca_file));
  VEDETTE_TRY(ssl.pem_cert_chain, ReadFile(options.cert_file));
  VEDETTE_TRY(ssl.pem_private_key, ReadFile(options.key_file));
  return grpc::SslCredentials(ssl);
}

EtcdEndpoint::EtcdEndpoint(const EtcdOptions& options,
                           std::size_t index,
                           std::shared_ptr<grpc::ChannelCredentials> credentials)
    : stub(grpc::CreateCustomChannel(
          options.endpoints[index], credentials, MakeArguments(options))) {}

}  // namespace vedette::discovery
