// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "kit/discovery/options.h"

namespace vedette::discovery {

// kInvalidArgument for unreadable TLS files.
Result<std::shared_ptr<grpc::ChannelCredentials>> EtcdCredentials(const EtcdOptions& options);

// A connection to one of the options' endpoints, made when it is first used and again, within a
// second, whenever it broke. Shares it with no other.
struct EtcdEndpoint {
  EtcdEndpoint(const EtcdOptions& options,
               std::size_t index,
               std::shared_ptr<grpc::ChannelCredentials> credentials);
  grpc::GenericStub stub;
};

}  // namespace vedette::discovery
