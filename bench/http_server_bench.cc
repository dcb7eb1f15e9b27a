// SPDX-License-Identifier: Apache-2.0
// What the HTTP server costs over moving the same bytes: one server thread answers a small JSON
// document over 64 keep-alive connections; beside it, in the same run, a bare Asio loop that reads
// the same requests and writes the same answers without looking at them. Prints both and their
// ratio.
#include <time.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <vector>

#include "base/clock.h"
#include "http_load.h"
#include "kit/http/client.h"
#include "kit/http/server.h"
#include "kit/task/runtime.h"
#include "kit/task/spawn.h"
#include "kit/task/task_group.h"
#include "kit/telemetry/metrics.h"

namespace vedette::bench {
namespace {

using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;

constexpr asio::use_awaitable_t<Executor> kAwait;
constexpr std::string_view kBody =
    R"({"alerts":[{"alertId":"a-1","ruleName":"Systolic above 140","patientId":"p-1","timestamp":1}]})";

Task<http::Response> AnswerJson(http::Request) {
  http::Response response;
  response.headers.Add("Content-Type", "application/json");
  response.body = kBody;
  co_return response;
}

// The floor: answers each `request_size` bytes with `answer`.
Task<void> Echo(Socket socket, std::size_t request_size, std::string answer) {
  std::vector<char> buffer(16 * 1024);
  std::size_t pending = 0;
  for (;;) {
    boost::system::error_code error;
    pending +=
        co_await socket.async_read_some(asio::buffer(buffer), asio::redirect_error(kAwait, error));
    if (error) co_return;
    for (; pending >= request_size; pending -= request_size) {
      std::size_t sent = 0;
      while (sent < answer.size()) {
        sent += co_await socket.async_write_some(asio::buffer(answer) + sent,
                                                 asio::redirect_error(kAwait, error));
        if (error) co_return;
      }
    }
  }
}

Task<void> EchoServer(std::shared_ptr<Acceptor> acceptor,
                      TaskGroup* group,
                      std::size_t request_size,
                      std::string answer) {
  for (;;) {
    boost::system::error_code error;
    Socket socket = co_await acceptor->async_accept(asio::redirect_error(kAwait, error));
    if (error) co_return;
    socket.set_option(Tcp::no_delay(true), error);
    auto shared = std::make_shared<Socket>(std::move(socket));
    group->Spawn(acceptor->get_executor(), "echo", [shared, request_size, answer] {
      return Echo(std::move(*shared), request_size, answer);
    });
  }
}

// CPU seconds that the runtime's only thread has used.
double ServerCpu(Runtime& runtime) {
  std::promise<double> used;
  Post(runtime.At(0), [&used] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    used.set_value(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
  });
  return used.get_future().get();
}

struct Measured {
  double per_second = 0;
  double cpu_micros = 0;
};

Measured Measure(const char* name,
                 Runtime& runtime,
                 std::uint16_t port,
                 const std::string& request) {
  LoadOptions options;
  options.port = port;
  options.warmup = std::chrono::milliseconds(200);
  options.duration = std::chrono::seconds(2);
  const double before = ServerCpu(runtime);
  std::uint64_t all = 0;
  const LoadReport report = RunLoad(options, [&](std::uint64_t index, std::string& out) {
    all = index;
    out += request;
  });
  const Measured measured{
      report.PerSecond(),
      (ServerCpu(runtime) - before) * 1e6 / static_cast<double>(std::max<std::uint64_t>(all, 1))};
  std::printf("%-12s %s  server CPU %.2f µs/req\n", name, report.Summary().c_str(),
              measured.cpu_micros);
  return measured;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

Task<Result<std::string>> AnswerBytes(std::uint16_t port) {
  VEDETTE_CO_TRY(auto response,
                 co_await http::Fetch({"127.0.0.1", port}, {.target = "/alerts/7"},
                                      SystemClock().SteadyNow() + std::chrono::seconds(5)));
  std::string bytes = "HTTP/1.1 200 OK\r\n";
  for (const auto& [name, value] : response.headers.all()) {
    if (name != "Connection") bytes += name + ": " + value + "\r\n";
  }
  co_return bytes + "\r\n" + response.body;
}

int Main(int rounds) {
  const SystemClock clock;
  MetricsRegistry metrics;
  Runtime runtime(1);
  http::Router router;
  router.Add("GET", "/alerts/{id}", AnswerJson);
  http::ServerOptions server_options;
  server_options.port = 0;
  http::Server server(server_options, router, runtime, Logger(), metrics, clock);
  if (const Status started = server.Start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  std::string request;
  AppendRequest(request, {.target = "/alerts/7",
                          .headers = {{"Accept", "application/json"},
                                      {"User-Agent", "vedette-bench"},
                                      {"Authorization", "Bearer 0123456789"}}});
  const auto answer =
      Await<Result<std::string>>(runtime, [&] { return AnswerBytes(server.port()); });
  if (!answer) {
    std::fprintf(stderr, "%s\n", answer.error().message.c_str());
    return 1;
  }
  TaskGroup group{Logger()};
  auto acceptor =
      std::make_shared<Acceptor>(runtime.At(0), Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::uint16_t floor_port = acceptor->local_endpoint().port();
  group.Spawn(runtime.At(0), "accept",
              [&] { return EchoServer(acceptor, &group, request.size(), *answer); });

  std::vector<double> ratios;
  std::vector<double> cpu;
  for (int i = 0; i < rounds; ++i) {
    const Measured floor = Measure("asio floor", runtime, floor_port, request);
    const Measured ours = Measure("kit/http", runtime, server.port(), request);
    ratios.push_back(ours.per_second / floor.per_second);
    cpu.push_back(ours.cpu_micros / floor.cpu_micros);
  }
  std::printf(
      "kit/http against the bare Asio floor, same bytes: %.2f of its requests/s, %.2f times "
      "its CPU a request (medians of %d)\n",
      Median(ratios), Median(cpu), rounds);
  group.Cancel();
  runtime.RunBlocking([&] { return group.Join(); });
  runtime.RunBlocking([&] { return server.Stop(std::chrono::seconds(5)); });
  return 0;
}

}  // namespace
}  // namespace vedette::bench

int main(int argc, char** argv) {
  return vedette::bench::Main(argc > 1 ? std::max(1, std::atoi(argv[1])) : 3);
}
