// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "kit/discovery/options.h"

namespace vedette::discovery {

// kInvalidArgument for unreadable TLS files.
Result<std::shared_ptr<grpc::ChannelCredentials>> EtcdCredentials(const EtcdOptions& options);

// A connection to one of the options' endpoints, made when it is first used and again, within a
// second, whenever it broke. Shares it with no other. Thread-safe.
struct EtcdEndpoint {
  EtcdEndpoint(const EtcdOptions& options,
               std::size_t index,
               std::shared_ptr<grpc::ChannelCredentials> credentials);

  // When a watch or a probe last heard from it.
  SteadyTime heard() const { return heard_.load(std::memory_order_relaxed); }
  void SetHeard(SteadyTime now) { heard_.store(now, std::memory_order_relaxed); }

  grpc::GenericStub stub;

 private:
  std::atomic<SteadyTime> heard_{SteadyTime::min()};
};

}  // namespace vedette::discovery
