// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vedette::redis {

struct Endpoint {
  std::string host;  // a name, an address without brackets, or the path of a Unix socket
  std::uint16_t port = 6379;
  bool is_path = false;

  bool operator==(const Endpoint&) const = default;
};

// "host:6379", "[::1]:6379", or the path.
std::string ToString(const Endpoint& endpoint);

// kInvalidArgument for anything else than ToString gives; the port may be left out.
Result<Endpoint> ParseEndpoint(std::string_view text, std::uint16_t default_port);

enum class Topology : std::uint8_t { kServer, kSentinel, kCluster };

// What a URL of RedisOptions says.
struct Location {
  Topology topology = Topology::kServer;
  std::vector<Endpoint> endpoints;  // of the server, the sentinels, or some of the cluster
  bool tls = false;
  std::string user;
  std::int64_t database = 0;
  std::string master;  // its name, for sentinels

  bool operator==(const Location&) const = default;
};

// kInvalidArgument; the message never repeats the URL, which may hold a password.
Result<Location> ParseUrl(std::string_view url);

}  // namespace vedette::redis
