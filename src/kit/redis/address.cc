// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/address.h"

#include <array>
#include <charconv>
#include <optional>

namespace vedette::redis {
namespace {

constexpr std::uint16_t kServerPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr std::int64_t kMaxDatabase = 1'000'000;

struct Scheme {
  std::string_view name;
  Topology topology;
  bool tls;
  bool path;
};

constexpr std::array<Scheme, 7> kSchemes = {{
    {"redis://", Topology::kServer, false, false},
    {"rediss://", Topology::kServer, true, false},
    {"redis+unix://", Topology::kServer, false, true},
    {"redis-sentinel://", Topology::kSentinel, false, false},
    {"rediss-sentinel://", Topology::kSentinel, true, false},
    {"redis-cluster://", Topology::kCluster, false, false},
    {"rediss-cluster://", Topology::kCluster, true, false},
}};

std::unexpected<Error> Wrong(std::string message) {
  return Fail(Code::kInvalidArgument, "The URL of Redis " + std::move(message));
}

std::optional<std::int64_t> ParseNumber(std::string_view text, std::int64_t maximum) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > maximum) {
    return std::nullopt;
  }
  return number;
}

// The part before the first `separator`; `rest` is what follows it.
std::string_view Cut(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

Status ReadDatabase(std::string_view text, Location& location) {
  if (text.empty()) return {};
  const auto database = ParseNumber(text, kMaxDatabase);
  if (!database) return Wrong("names a database that is no number.");
  location.database = *database;
  return {};
}

Result<Location> ParsePath(std::string_view rest, Location location) {
  const std::string_view path = Cut(rest, '?');
  if (!path.starts_with('/')) return Wrong("has no absolute path.");
  location.endpoints.push_back({.host = std::string(path), .port = 0, .is_path = true});
  if (rest.empty()) return location;
  constexpr std::string_view kDatabase = "database=";
  if (!rest.starts_with(kDatabase)) return Wrong("has an unknown parameter.");
  VEDETTE_CHECK_OK(ReadDatabase(rest.substr(kDatabase.size()), location));
  return location;
}

Status ReadEndpoints(std::string_view hosts, Location& location) {
  const std::uint16_t port = location.topology == Topology::kSentinel ? kSentinelPort : kServerPort;
  while (!hosts.empty()) {
    auto endpoint = ParseEndpoint(Cut(hosts, ','), port);
    if (!endpoint) return Wrong("has a host or port that is none.");
    location.endpoints.push_back(*std::move(endpoint));
  }
  if (location.endpoints.empty()) return Wrong("names no host.");
  if (location.topology == Topology::kServer && location.endpoints.size() > 1) {
    return Wrong("names several hosts: say redis-sentinel:// or redis-cluster://.");
  }
  return {};
}

}  // namespace

std::string ToString(const Endpoint& endpoint) {
  if (endpoint.is_path) return endpoint.host;
  const std::string port = ":" + std::to_string(endpoint.port);
  if (endpoint.host.find(':') != std::string::npos) return "[" + endpoint.host + "]" + port;
  return endpoint.host + port;
}

Result<Endpoint> ParseEndpoint(std::string_view text, std::uint16_t default_port) {
  const auto wrong = Fail(Code::kInvalidArgument, "not a host and port");
  Endpoint endpoint{.host = {}, .port = default_port};
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong;
    endpoint.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    has_port = text.starts_with(':');
    if (!has_port && !text.empty()) return wrong;
    if (has_port) port = text.substr(1);
  } else {
    has_port = text.find(':') != std::string_view::npos;
    endpoint.host = Cut(text, ':');
    port = text;
  }
  if (endpoint.host.empty() || endpoint.host.find_first_of(" /@?#") != std::string::npos) {
    return wrong;
  }
  if (has_port) {
    const auto number = ParseNumber(port, 65'535);
    if (!number || *number == 0) return wrong;
    endpoint.port = static_cast<std::uint16_t>(*number);
  }
  return endpoint;
}

Result<Location> ParseUrl(std::string_view url) {
  for (const Scheme& scheme : kSchemes) {
    if (!url.starts_with(scheme.name)) continue;
    std::string_view rest = url.substr(scheme.name.size());
    Location location{.topology = scheme.topology, .tls = scheme.tls};
    if (scheme.path) return ParsePath(rest, std::move(location));
    if (rest.find('@') != std::string_view::npos) {
      location.user = Cut(rest, '@');
      if (location.user.find(':') != std::string::npos) {
        return Wrong("holds a password: give it as `password`.");
      }
    }
    if (rest.find('?') != std::string_view::npos) return Wrong("has an unknown parameter.");
    VEDETTE_CHECK_OK(ReadEndpoints(Cut(rest, '/'), location));
    if (location.topology == Topology::kSentinel) {
      location.master = Cut(rest, '/');
      if (location.master.empty()) return Wrong("names no master: redis-sentinel://host/name.");
    }
    VEDETTE_CHECK_OK(ReadDatabase(rest, location));
    if (location.topology == Topology::kCluster && location.database != 0) {
      return Wrong("names a database, but a cluster has only database 0.");
    }
    return location;
  }
  return Wrong(
      "must begin with redis://, rediss://, redis+unix://, redis-sentinel:// or "
      "redis-cluster://.");
}

}  // namespace vedette::redis
