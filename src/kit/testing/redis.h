// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kit/testing/server_process.h"

namespace vedette::testkit {

// A Redis of its own that keeps nothing on disk: after Stop and Start it is empty.
class RedisServer : public ServerProcess {
 public:
  // More of its command line, e.g. {"--requirepass", "secret"}; the word "second-port" stands for
  // port(1), which is free for TLS or the bus of a cluster. Throws std::runtime_error when it
  // cannot be started.
  explicit RedisServer(std::vector<std::string> arguments = {});

  static bool IsInstalled() { return ServerProcess::IsInstalled("redis-server"); }

  std::string url() const { return "redis://" + address(); }
};

// A sentinel that watches the server at `port` of the loopback interface by the name "main" and
// judges alone, after half a second, whether it is gone.
class RedisSentinel : public ServerProcess {
 public:
  explicit RedisSentinel(int port);
};

// The Redis that the tests of this process share: the one named by VEDETTE_TEST_REDIS (a URL), or a
// RedisServer, started by the first call. Tests use keys of their own.
const std::string& RedisUrl();

}  // namespace vedette::testkit
