// SPDX-License-Identifier: Apache-2.0
// Durable ingest of single events with a rule on, 64 clients over HTTP, against raw group-committed
// inserts of the same rows; then, at half of that load, the time from sending an observation to its
// alert at a client of the live feed.
#include <atomic>
#include <cstdio>
#include <thread>

#include "http_load.h"
#include "kit/http/client.h"
#include "raw_log.h"
#include "system_load.h"

namespace vedette::bench {
namespace {

constexpr int kClients = 64;
constexpr int kSubjects = 200;
constexpr int kRounds = 3;

struct Feed {
  std::atomic<bool> open{false};
  std::atomic<bool> stop{false};
  LatencyHistogram latency;
};

// Each alert's event time is the moment its observation was sent.
Task<void> Listen(std::uint16_t port, std::string token, Feed* feed) {
  const SystemClock clock;
  const auto limit = clock.SteadyNow() + std::chrono::minutes(5);
  auto connection = co_await http::ClientConnection::Connect({"127.0.0.1", port}, limit);
  http::ClientRequest request;
  request.target = std::string(kLoadAlerts) + "/stream";
  request.headers.Set("Authorization", "Bearer " + token);
  const auto head = co_await connection->Open(std::move(request), limit);
  feed->open = head.has_value() && head->status == 200;
  while (!feed->stop) {
    const auto event =
        co_await connection->NextEvent(clock.SteadyNow() + std::chrono::milliseconds(500));
    if (!event || !*event) co_return;
    const Timestamp now = clock.Now();
    const std::string sent = system_test::JsonAt((*event)->data, "/eventTime");
    if (!sent.empty()) feed->latency.Record(now - FromUnixMicros(std::stoll(sent)));
  }
}

void Measure(const char* name, system_test::Shape shape, testkit::DatabaseKind kind) {
  std::vector<double> raw;
  std::vector<double> ingest;
  system_test::System system(shape);
  system.Start();
  const std::string token = SetUpLoadStudy(system, kSubjects);
  std::printf("%s\n  idle memory after set-up: %.1f MB\n", name,
              static_cast<double>(system.ResidentBytes()) / 1e6);
  LoadOptions options;
  options.port = system.http_port();
  options.connections = kClients;
  options.duration = std::chrono::seconds(4);
  for (int round = 0; round < kRounds; ++round) {
    raw.push_back(RawGroupCommit(kind, kClients, 4));
    const double cpu = system.CpuSeconds();
    const LoadReport report =
        RunLoad(options, SingleEvents(token, kSubjects, 50, "closed" + std::to_string(round)));
    ingest.push_back(report.PerSecond());
    std::printf("  round %d: raw %.0f/s; ingest %s; server CPU %.0f µs a request\n", round + 1,
                raw.back(), report.Summary().c_str(),
                (system.CpuSeconds() - cpu) * 1e6 / static_cast<double>(report.answered + 1));
  }
  std::printf("  ingest %.0f/s over raw group commit %.0f/s: ratio %.2f (medians of %d)\n",
              Median(ingest), Median(raw), Median(ingest) / Median(raw), kRounds);

  Feed feed;
  Runtime runtime(1);
  std::thread listener(
      [&] { runtime.RunBlocking([&] { return Listen(system.http_port(), token, &feed); }); });
  while (!feed.open) std::this_thread::yield();
  options.rate = Median(ingest) / 2;
  options.duration = std::chrono::seconds(8);
  const LoadReport half = RunLoad(options, SingleEvents(token, kSubjects, 50, "open"));
  feed.stop = true;
  listener.join();
  const auto ms = [](std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1e6;
  };
  std::printf(
      "  at half load (%s):\n  POST to live feed over %llu alerts: p50 %.2f ms, p99 %.2f ms\n",
      half.Summary().c_str(), static_cast<unsigned long long>(feed.latency.count()),
      ms(feed.latency.Percentile(50)), ms(feed.latency.Percentile(99)));
}

}  // namespace
}  // namespace vedette::bench

int main() {
  using namespace vedette;
  bench::Measure("SQLite, one process", system_test::Shape::kSingleSqlite,
                 testkit::DatabaseKind::kSqlite);
  bench::Measure("PostgreSQL, one process", system_test::Shape::kSinglePostgres,
                 testkit::DatabaseKind::kPostgres);
}
