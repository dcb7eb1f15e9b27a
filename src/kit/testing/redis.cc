// SPDX-License-Identifier: Apache-2.0
#include "kit/testing/redis.h"

#include <cstdlib>
#include <fstream>
#include <utility>

namespace vedette::testkit {
namespace {

ServerProcess::Options ServerOptions(std::vector<std::string> more) {
  ServerProcess::Options options;
  options.program = "redis-server";
  options.port_count = 2;
  options.arguments = [more = std::move(more)](const ServerProcess& server) {
    std::vector<std::string> arguments = {"--port",
                                          std::to_string(server.port()),
                                          "--bind",
                                          "127.0.0.1",
                                          "--dir",
                                          server.folder().string(),
                                          "--save",
                                          "",
                                          "--appendonly",
                                          "no",
                                          "--repl-diskless-sync-delay",
                                          "0"};
    for (const std::string& word : more) {
      arguments.push_back(word == "second-port" ? std::to_string(server.port(1)) : word);
    }
    return arguments;
  };
  return options;
}

ServerProcess::Options SentinelOptions(int port) {
  ServerProcess::Options options;
  options.program = "redis-sentinel";
  options.arguments = [port](const ServerProcess& sentinel) {
    const std::string path = sentinel.folder() / "sentinel.conf";
    // It writes to its file what it has learnt, which a restart must not lose.
    if (!std::filesystem::exists(path)) {
      std::ofstream(path) << "port " << sentinel.port() << "\nbind 127.0.0.1\ndir "
                          << sentinel.folder().string() << "\nsentinel monitor main 127.0.0.1 "
                          << port
                          << " 1\nsentinel down-after-milliseconds main 500\n"
                             "sentinel failover-timeout main 2000\n";
    }
    return std::vector<std::string>{path};
  };
  return options;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> arguments)
    : ServerProcess(ServerOptions(std::move(arguments))) {}

RedisSentinel::RedisSentinel(int port) : ServerProcess(SentinelOptions(port)) {}

const std::string& RedisUrl() {
  static const char* const given = std::getenv("VEDETTE_TEST_REDIS");
  if (given != nullptr) {
    static const std::string url = given;
    return url;
  }
  static const RedisServer server;
  static const std::string url = server.url();
  return url;
}

}  // namespace vedette::testkit
