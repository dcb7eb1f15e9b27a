// SPDX-License-Identifier: Apache-2.0
#include "kit/http/server.h"

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <vector>

#include "kit/config/section.h"
#include "kit/http/shard.h"
#include "kit/task/spawn.h"

namespace vedette::http {
namespace {

// How long Stop waits for cancelled handlers to notice.
constexpr std::chrono::seconds kCancelTime{5};

// The address to bind, with a real port. The acceptors share their port, so without this another
// process of the same user could share it too, unnoticed.
Result<Tcp::endpoint> Claim(Executor executor, Tcp::endpoint endpoint) {
  boost::system::error_code error;
  Acceptor probe(executor);
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  if (!error) return probe.local_endpoint();
  return Fail(Code::kUnavailable, "cannot listen on " + endpoint.address().to_string() + ":" +
                                      std::to_string(endpoint.port()) + ": " + error.message());
}

}  // namespace

void ServerOptions::Describe(config::Section& section) {
  section.Field("address", address, {.text = "Address to listen on; 0.0.0.0 for all."});
  section.Field("port", port,
                {.text = "TCP port; 0 lets the system choose.", .minimum = 0, .maximum = 65535});
  section.Field("max_header_bytes", max_header_bytes,
                {.text = "Limit of a request's line and headers together.",
                 .minimum = 512,
                 .maximum = 1 << 20});
  section.Field("max_body_bytes", max_body_bytes,
                {.text = "Limit of a request's body, as sent and as inflated, where the route has "
                         "none of its own.",
                 .minimum = 0,
                 .maximum = 1e12});
  section.Field("max_connections", max_connections,
                {.text = "Connections at a time; more are told to come back later.",
                 .minimum = 1,
                 .maximum = 1e6});
  section.Field("header_timeout", header_timeout,
                {.text = "Time for a request's head to arrive.", .minimum = 1, .maximum = 3.6e6});
  section.Field("body_timeout", body_timeout,
                {.text = "Time for each 64 KiB of a request's body to arrive.",
                 .minimum = 1,
                 .maximum = 3.6e6});
  section.Field("idle_timeout", idle_timeout,
                {.text = "Time that a connection may wait for its next request.",
                 .minimum = 1,
                 .maximum = 3.6e6});
  section.Field("write_timeout", write_timeout,
                {.text = "Time that a client may take nothing of its answer.",
                 .minimum = 1,
                 .maximum = 3.6e6});
  section.Field("compress", compress, {.text = "Send text as gzip to clients that accept it."});
  section.Field("access_log", access_log, {.text = "Log one line for each request."});
  section.Field("probe_clients", probe_clients,
                {.text = "Send \"102 Processing\" to a client that has ended its side of the "
                         "connection while its request is handled: a closed connection answers "
                         "with a reset, and the work stops. Off when clients that only end their "
                         "side do not understand interim responses; who left is then noticed by "
                         "the answer."});
}

struct Server::Impl {
  std::shared_ptr<ServerCore> core;
  Runtime& runtime;
  std::vector<std::shared_ptr<Shard>> shards = {};
  Tcp::endpoint endpoint = {};
  std::atomic<bool> stopped{false};
};

Server::Server(ServerOptions options,
               const Router& router,
               Runtime& runtime,
               Logger logger,
               MetricsRegistry& metrics,
               const Clock& clock,
               Tracer* tracer)
    : impl_(new Impl{.core = std::make_shared<ServerCore>(
                         std::move(options), router, std::move(logger), metrics, clock, tracer),
                     .runtime = runtime}) {}

Server::~Server() = default;

Status Server::Start() {
  const ServerOptions& options = impl_->core->options;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return FailField("address", "\"" + options.address + "\" is not an IP address");
  VEDETTE_TRY(impl_->endpoint,
              Claim(impl_->runtime.At(0), {address, static_cast<std::uint16_t>(options.port)}));
  std::vector<std::shared_ptr<Shard>> shards;
  for (std::size_t i = 0; i < impl_->runtime.size(); ++i) {
    auto shard = std::make_shared<Shard>(impl_->core, impl_->runtime.At(i));
    VEDETTE_CHECK_OK(shard->Open(impl_->endpoint));
    shards.push_back(std::move(shard));
  }
  impl_->shards = std::move(shards);
  impl_->core->alive.store(static_cast<std::int64_t>(impl_->shards.size()));
  for (const auto& shard : impl_->shards) Post(shard->executor(), [shard] { shard->Begin(); });
  return {};
}

std::int64_t Server::connections() const { return impl_->core->connections.load(); }

std::uint16_t Server::port() const { return impl_->endpoint.port(); }

std::string Server::Addr() const {
  const auto address = impl_->endpoint.address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return host + ":" + std::to_string(port());
}

Task<void> Server::Stop(std::chrono::milliseconds drain) {
  if (impl_->stopped.exchange(true) || impl_->shards.empty()) co_return;
  const std::shared_ptr<ServerCore> core = impl_->core;
  core->stopping.store(true);
  for (const auto& shard : impl_->shards) Post(shard->executor(), [shard] { shard->BeginStop(); });
  if (co_await core->drained.WaitUntil(std::chrono::steady_clock::now() + drain)) co_return;
  core->logger.Warning("http requests were cancelled by the stop",
                       {{"connections", core->connections.load()}});
  for (const auto& shard : impl_->shards) Post(shard->executor(), [shard] { shard->ForceStop(); });
  if (!co_await core->drained.WaitUntil(std::chrono::steady_clock::now() + kCancelTime)) {
    core->logger.Error("http requests ignored their cancellation",
                       {{"connections", core->connections.load()}});
  }
}

}  // namespace vedette::http
