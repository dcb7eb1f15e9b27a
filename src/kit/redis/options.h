// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/sensitive.h"
#include "kit/breaker/breaker.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette::redis {

struct RedisOptions {
  // Empty: there is no Redis. Otherwise one of
  //   redis://[user@]host[:6379][/database]
  //   redis+unix:///path/of/the/socket[?database=2]
  //   redis-sentinel://host[:26379],host2,…/name[/database]
  //   redis-cluster://host[:6379],host2,…
  // rediss, rediss-sentinel and rediss-cluster speak TLS. A password in the URL is refused.
  std::string url;
  Sensitive<std::string> password;           // of the servers
  Sensitive<std::string> sentinel_password;  // of the sentinels
  std::string ca_file;           // who vouches for the servers; empty: the system's authorities
  std::string certificate_file;  // of this client, with key_file; empty: none
  std::string key_file;
  std::string server_name;            // that certificates must name; empty: the host of the URL
  std::int64_t connections = 2;       // to each server
  std::int64_t queue_limit = 10'000;  // calls that may wait for answers of one server
  std::chrono::milliseconds connect_timeout{1000};   // with TLS and login
  std::chrono::milliseconds call_timeout{1000};      // of a call without a deadline
  std::chrono::milliseconds silence_timeout{2000};   // an answer that stays out closes a connection
  std::chrono::milliseconds ping_interval{1000};     // of an idle connection
  std::chrono::milliseconds reconnect_maximum{100};  // between two attempts to connect
  // A shorter memory than of other dependencies, because lost connections are noticed without it.
  BreakerOptions breaker = {.window = std::chrono::seconds(5)};

  void Describe(config::Section& section);
};

}  // namespace vedette::redis
