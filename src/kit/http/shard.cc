// SPDX-License-Identifier: Apache-2.0
#include "kit/http/shard.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>
#include <ctime>
#include <typeinfo>

#include "kit/http/connection.h"
#include "kit/task/spawn.h"

namespace vedette::http {
namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kCompressionLevel = 1;      // answers are compressed on the thread that serves
constexpr std::size_t kMaxRefusing = 64;  // connections at a time that hear a polite 503
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr int kAcceptedAtOnce = 64;  // beside the first, before those that are open have a turn

std::chrono::milliseconds SweepInterval(const ServerOptions& options) {
  const auto shortest = std::min(std::min(options.header_timeout, options.body_timeout),
                                 std::min(options.idle_timeout, options.write_timeout));
  return std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(5),
                                               std::chrono::milliseconds(500));
}

}  // namespace

ServerCore::ServerCore(ServerOptions server_options,
                       const Router& server_router,
                       Logger server_logger,
                       MetricsRegistry& server_metrics,
                       const Clock& server_clock,
                       Tracer* server_tracer)
    : options(std::move(server_options)),
      router(server_router),
      logger(std::move(server_logger)),
      metrics(server_metrics),
      clock(server_clock),
      tracer(server_tracer),
      open_connections(
          metrics.GetGauge("vedette_http_connections", "Open HTTP connections of clients.")),
      open_streams(metrics.GetGauge("vedette_http_streams", "Streamed answers being written.")) {}

void ServerCore::Release() {
  if (alive.fetch_sub(1, std::memory_order_acq_rel) == 1) drained.Set();
}

void ServerCore::CountRefused(std::string_view reason) const {
  metrics
      .GetCounter("vedette_http_refused_total",
                  "Requests and connections refused before a handler saw them.",
                  {{"reason", std::string(reason)}})
      .Add();
}

Shard::Shard(std::shared_ptr<ServerCore> core, Executor executor)
    : core_(std::move(core)),
      executor_(executor),
      acceptor_(executor),
      sweep_timer_(executor),
      accept_pause_(executor),
      deflater_(kCompressionLevel),
      by_route_(core_->router.size()) {}

Status Shard::Open(const Tcp::endpoint& endpoint) {
  try {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.set_option(ReusePort(true));
    acceptor_.bind(endpoint);
    acceptor_.listen(asio::socket_base::max_listen_connections);
    acceptor_.non_blocking(true);
  } catch (const boost::system::system_error& error) {
    return Fail(Code::kUnavailable, "cannot listen on " + endpoint.address().to_string() + ":" +
                                        std::to_string(endpoint.port()) + ": " +
                                        error.code().message());
  }
  return {};
}

void Shard::Begin() {
  Accept();
  Sweep();
}

void Shard::Accept() {
  acceptor_.async_accept(
      [self = shared_from_this()](const boost::system::error_code& error, Socket socket) {
        if (self->core_->stopping.load() || error == asio::error::operation_aborted) return;
        if (!error) {
          self->Admit(std::move(socket));
          self->AdmitWaiting();
          self->Accept();
          return;
        }
        // Out of descriptors, mostly: wait until some connections have ended.
        self->core_->CountRefused("accept");
        self->accept_pause_.expires_after(kAcceptPause);
        self->accept_pause_.async_wait([self](const boost::system::error_code& cancelled) {
          if (!cancelled && !self->core_->stopping.load()) self->Accept();
        });
      });
}

// A busy server comes back to its acceptor seldom: with one connection each time, new clients would
// hardly get in.
void Shard::AdmitWaiting() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    boost::system::error_code error;
    Socket socket = acceptor_.accept(error);
    if (error) return;  // whatever it is but "none is waiting", the next Accept meets it again
    Admit(std::move(socket));
  }
}

void Shard::Admit(Socket socket) {
  if (core_->connections.load(std::memory_order_relaxed) < core_->options.max_connections) {
    Start(std::move(socket), false);
    return;
  }
  core_->CountRefused("connections");
  if (refusing_ < kMaxRefusing) Start(std::move(socket), true);
}

void Shard::Start(Socket socket, bool refuse) {
  boost::system::error_code error;
  socket.set_option(Tcp::no_delay(true), error);
  socket.non_blocking(true, error);
  if (error) return;
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), refuse);
  connection->index = connections_.size();
  connections_.push_back(connection.get());
  core_->alive.fetch_add(1, std::memory_order_relaxed);
  if (refuse) {
    ++refusing_;
  } else {
    core_->connections.fetch_add(1, std::memory_order_relaxed);
    core_->open_connections.Add(1);
  }
  Spawn(
      executor_, [connection] { return Connection::Run(connection); },
      [self = shared_from_this(), connection](std::exception_ptr failure) {
        if (failure) self->LogFailure(failure);
        // Last: after it, a stopped server's logger, clock and metrics may be gone.
        self->Remove(*connection);
      },
      connection->canceller());
}

void Shard::LogFailure(std::exception_ptr failure) const {
  // The type alone: the text may hold what came with the request.
  std::string what = "unknown";
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    if (e.code() == asio::error::operation_aborted) return;  // cancelled: a normal end
    what = e.code().message();
  } catch (const std::exception& e) {
    what = typeid(e).name();
  } catch (...) {
  }
  core_->logger.Error("an http connection failed", {{"error", what}});
}

void Shard::Remove(Connection& connection) {
  connections_[connection.index] = connections_.back();
  connections_[connection.index]->index = connection.index;
  connections_.pop_back();
  connection.ForceClose();
  if (connection.refuse()) {
    --refusing_;
  } else {
    core_->connections.fetch_sub(1, std::memory_order_relaxed);
    core_->open_connections.Add(-1);
  }
  core_->Release();
}

void Shard::Sweep() {
  sweep_timer_.expires_after(SweepInterval(core_->options));
  sweep_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    // A stopped server's clock may be gone.
    if (error || (self->core_->stopping.load() && self->connections_.empty())) return;
    const SteadyTime now = self->core_->clock.SteadyNow();
    for (Connection* connection : self->connections_) connection->Check(now);
    self->Sweep();
  });
}

void Shard::BeginStop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  for (Connection* connection : connections_) connection->Drain();
  if (connections_.empty()) sweep_timer_.cancel();
  core_->Release();
}

void Shard::ForceStop() {
  for (Connection* connection : connections_) connection->ForceClose();
}

std::string_view Shard::Date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(core_->clock.Now());
  if (now.time_since_epoch().count() != date_second_) {
    date_second_ = now.time_since_epoch().count();
    const std::time_t seconds = date_second_;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    date_.assign(text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

void Shard::CountRequest(const Router::Route* route,
                         std::string_view method,
                         int status,
                         double seconds) {
  RequestMetrics* found = nullptr;
  if (route != nullptr) {
    found = &by_route_[route->index];
  } else {
    auto entry = unmatched_.find(method);
    if (entry == unmatched_.end()) entry = unmatched_.emplace(method, RequestMetrics()).first;
    found = &entry->second;
  }
  const auto labels = [&]() -> MetricLabels {
    return {{"method", route ? route->method : std::string(method)},
            {"route", route ? route->pattern : "(none)"}};
  };
  if (found->seconds == nullptr) {
    found->seconds = &core_->metrics.GetHistogram("vedette_http_request_seconds",
                                                  "Time from a request's head to its answer.",
                                                  LatencyBuckets(), labels());
  }
  found->seconds->Observe(seconds);
  for (const auto& [known, counter] : found->by_status) {
    if (known == status) return counter->Add();
  }
  MetricLabels with_status = labels();
  with_status.emplace_back("status", std::to_string(status));
  Counter& counter = core_->metrics.GetCounter("vedette_http_requests_total",
                                               "Answered HTTP requests.", std::move(with_status));
  found->by_status.emplace_back(status, &counter);
  counter.Add();
}

}  // namespace vedette::http
