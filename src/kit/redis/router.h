// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kit/redis/node.h"

namespace vedette::redis {

// Finds the server for a call. Thread-safe.
class Router {
 public:
  virtual ~Router() = default;
  virtual void Start() = 0;
  // `key` decides in a cluster; without one any server will do.
  virtual Task<Result<Answer>> Send(Deadline deadline,
                                    std::optional<std::string> key,
                                    std::string bytes) = 0;
  virtual bool IsConnected() const = 0;
  virtual std::vector<ServerState> Snapshot() const = 0;
  virtual Task<void> Close() = 0;
};

// One server, or whom the sentinels call master.
std::unique_ptr<Router> MakeSingleRouter(Context& context);

// A cluster: the slots are learnt from its servers, MOVED and ASK are followed.
std::unique_ptr<Router> MakeClusterRouter(Context& context);

}  // namespace vedette::redis
