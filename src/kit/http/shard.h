// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "kit/http/gzip.h"
#include "kit/http/router.h"
#include "kit/http/server.h"
#include "kit/task/signal.h"
#include "kit/telemetry/metrics.h"

namespace vedette::http {

using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;

class Connection;

// What all threads of a server share. Thread-safe.
struct ServerCore {
  ServerCore(ServerOptions server_options,
             const Router& server_router,
             Logger server_logger,
             MetricsRegistry& server_metrics,
             const Clock& server_clock,
             Tracer* server_tracer);

  void Release();  // one of `alive` is gone
  void CountRefused(std::string_view reason) const;

  const ServerOptions options;
  const Router& router;
  const Logger logger;
  MetricsRegistry& metrics;
  const Clock& clock;
  Tracer* const tracer;  // null: no spans
  Gauge& open_connections;
  Gauge& open_streams;
  std::atomic<std::int64_t> connections{0};
  std::atomic<bool> stopping{false};
  // Shards that still accept and connections that still run; `drained` is set at zero.
  std::atomic<std::int64_t> alive{0};
  Signal drained;
};

// The part of a server that runs on one thread: an acceptor, its connections and the sweep that
// enforces their deadlines. All functions but the constructor and Open run on that thread.
class Shard : public std::enable_shared_from_this<Shard> {
 public:
  Shard(std::shared_ptr<ServerCore> core, Executor executor);

  // Binds; any thread.
  Status Open(const Tcp::endpoint& endpoint);

  void Begin();
  void BeginStop();
  void ForceStop();

  void Remove(Connection& connection);

  const Executor& executor() const { return executor_; }
  ServerCore& core() { return *core_; }
  GzipDeflater& deflater() { return deflater_; }
  std::string_view Date();  // RFC 9110 §5.6.7, renewed each second

  // Counts one answered request. `route` is null when none matched.
  void CountRequest(const Router::Route* route,
                    std::string_view method,
                    int status,
                    double seconds);

 private:
  struct RequestMetrics {
    Histogram* seconds = nullptr;
    std::vector<std::pair<int, Counter*>> by_status;
  };

  void Accept();
  void AdmitWaiting();
  void Admit(Socket socket);
  void Start(Socket socket, bool refuse);
  void Sweep();
  void LogFailure(std::exception_ptr failure) const;

  std::shared_ptr<ServerCore> core_;
  Executor executor_;
  Acceptor acceptor_;
  Timer sweep_timer_;
  Timer accept_pause_;
  std::vector<Connection*> connections_;
  std::size_t refusing_ = 0;
  GzipDeflater deflater_;
  std::int64_t date_second_ = -1;
  std::string date_;
  std::vector<RequestMetrics> by_route_;
  std::map<std::string, RequestMetrics, std::less<>> unmatched_;
};

}  // namespace vedette::http
