// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "kit/balance/instance.h"
#include "kit/breaker/breaker.h"
#include "kit/rpc/channel.h"

namespace vedette::rpc {

// One instance of a service and the connection to it.
class SubChannel final : public Instance {
 public:
  SubChannel(std::string address, std::string target, std::shared_ptr<grpc::Channel> channel);

  // Connects again where the connection has ended.
  Reach reach() override;
  grpc::GenericStub& stub() { return stub_; }

  // Whether the call of this context, which has ended, never got as far as a connection.
  bool NeverSent(const grpc::ClientContext& context, const grpc::Status& status) const;

  // The breaker of the operation with this number; null when it was not set yet.
  std::shared_ptr<Breaker> breaker(std::size_t operation) const;
  void SetBreaker(std::size_t operation, std::shared_ptr<Breaker> breaker);

 private:
  const std::string target_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Breaker>> breakers_;
};

// How a channel's connections are made.
class Transport {
 public:
  // kInvalidArgument for unreadable TLS files.
  static Result<Transport> Create(const ChannelOptions& options);

  // Begins to connect. kInvalidArgument for what is no address.
  Result<std::shared_ptr<SubChannel>> Connect(const std::string& address) const;

 private:
  Transport(std::shared_ptr<grpc::ChannelCredentials> credentials, grpc::ChannelArguments arguments)
      : credentials_(std::move(credentials)), arguments_(std::move(arguments)) {}

  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  grpc::ChannelArguments arguments_;
};

}  // namespace vedette::rpc
