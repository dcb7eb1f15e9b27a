// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/options.h"

#include "kit/config/section.h"

namespace vedette::redis {

void RedisOptions::Describe(config::Section& section) {
  section.Field("url", url,
                {.text = "redis://[user@]host[:port][/database], redis+unix:///path, "
                         "redis-sentinel://host,host/name[/database] or redis-cluster://host,host; "
                         "rediss… for TLS; empty for none."});
  section.Field("password", password, {.text = "Of the servers; empty for none."});
  section.Field("sentinel_password", sentinel_password,
                {.text = "Of the sentinels; empty for none."});
  section.Field("ca_file", ca_file,
                {.text = "PEM file of who vouches for the servers; empty for the system's."});
  section.Field("certificate_file", certificate_file,
                {.text = "PEM file of this client's certificate; empty for none."});
  section.Field("key_file", key_file, {.text = "PEM file of the certificate's key."});
  section.Field("server_name", server_name,
                {.text = "Name in the servers' certificates; empty for the host of the URL."});
  section.Field("connections", connections,
                {.text = "Connections to each server.", .minimum = 1, .maximum = 64});
  section.Field("queue_limit", queue_limit,
                {.text = "Calls that may wait for one server before more are refused.",
                 .minimum = 1,
                 .maximum = 1e6});
  section.Field("connect_timeout", connect_timeout,
                {.text = "Longest time to connect and log in.", .minimum = 10, .maximum = 60'000});
  section.Field("call_timeout", call_timeout,
                {.text = "Longest call that has no deadline.", .minimum = 1, .maximum = 60'000});
  section.Field("silence_timeout", silence_timeout,
                {.text = "A connection on which an answer stays out so long is replaced.",
                 .minimum = 50,
                 .maximum = 60'000});
  section.Field(
      "ping_interval", ping_interval,
      {.text = "How often an idle connection is tried.", .minimum = 50, .maximum = 600'000});
  section.Field(
      "reconnect_maximum", reconnect_maximum,
      {.text = "Longest pause between two attempts to connect.", .minimum = 10, .maximum = 60'000});
  section.Nested("breaker", breaker, "When calls to a server are refused because they fail.");
}

}  // namespace vedette::redis
