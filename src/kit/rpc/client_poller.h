// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/completion_queue.h>

#include <thread>

#include "kit/rpc/channel.h"

namespace vedette::rpc {

struct ClientPoller::Impl {
  grpc::CompletionQueue queue;
  std::thread thread;
};

}  // namespace vedette::rpc
