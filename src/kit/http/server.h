// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/http/router.h"
#include "kit/task/runtime.h"
#include "kit/task/task.h"

namespace vedette {

class MetricsRegistry;
class Tracer;

namespace config {
class Section;
}  // namespace config

namespace http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::int64_t port = 8080;  // 0: the system chooses
  std::int64_t max_header_bytes = 16 * 1024;
  std::int64_t max_body_bytes = 1024 * 1024;  // of routes that say nothing
  std::int64_t max_connections = 10'000;
  std::chrono::milliseconds header_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds body_timeout = std::chrono::seconds(30);
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);
  std::chrono::milliseconds write_timeout = std::chrono::seconds(30);
  bool compress = true;
  bool access_log = true;
  // Asks, by an interim response, a client that has ended its side whether it still is there.
  bool probe_clients = true;

  void Describe(config::Section& section);
};

// An HTTP/1.1 server. Each thread of the runtime accepts (SO_REUSEPORT) and serves its own
// connections, so a handler runs on one thread and connections share nothing. Everything a client
// can get wrong is answered with a problem document (RFC 9457); what a handler throws becomes a 500
// that names an error id and nothing else. `router`, `runtime`, `metrics`, `clock` and `tracer`
// outlive the server. With a tracer each request is a span named after its route's pattern.
class Server {
 public:
  Server(ServerOptions options,
         const Router& router,
         Runtime& runtime,
         Logger logger,
         MetricsRegistry& metrics,
         const Clock& clock,
         Tracer* tracer = nullptr);
  ~Server();  // after Stop, or after Runtime::Stop
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and begins to accept; kUnavailable when the address is taken or not ours. Call it once,
  // when the router is filled.
  Status Start();

  std::uint16_t port() const;        // 0 before Start
  std::int64_t connections() const;  // of clients, open now
  std::string Addr() const;          // "127.0.0.1:8080"

  // Stops accepting, closes idle connections, ends streams, and lets requests in flight finish for
  // at most `drain`; then cancels them. Harmless when called twice or without Start.
  Task<void> Stop(std::chrono::milliseconds drain);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace http
}  // namespace vedette
