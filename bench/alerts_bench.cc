// SPDX-License-Identifier: Apache-2.0
// GET /api/monitor/projects/{id}/alerts with 100 enriched alerts: requests a second and CPU a
// request, in one process and in three; beside it /healthz of the same server, the floor of HTTP.
#include <cstdio>

#include "http_load.h"
#include "system_load.h"

namespace vedette::bench {
namespace {

constexpr int kRounds = 3;

struct Figures {
  std::vector<double> per_second;
  std::vector<double> cpu;
};

void Run(system_test::System& system, const RequestFactory& factory, Figures& figures) {
  LoadOptions options;
  options.port = system.http_port();
  options.connections = 16;
  options.duration = std::chrono::seconds(3);
  const double before = system.CpuSeconds();
  const LoadReport report = RunLoad(options, factory);
  const double counted =
      static_cast<double>(report.answered) *
      (1 + std::chrono::duration<double>(options.warmup).count() / report.seconds);
  figures.per_second.push_back(report.PerSecond());
  figures.cpu.push_back((system.CpuSeconds() - before) * 1e6 / (counted + 1));
  std::printf("    %s\n", report.Summary().c_str());
}

double Measure(const char* name, system_test::Shape shape) {
  system_test::System system(shape);
  system.Start();
  const std::string token = SetUpLoadStudy(system, 100);
  const auto events = SingleEvents(token, 100, 1, "alerts");
  LoadOptions fill;
  fill.port = system.http_port();
  fill.connections = 4;
  fill.warmup = std::chrono::milliseconds(0);
  fill.max_requests = 150;
  RunLoad(fill, events);
  const std::string target = std::string(kLoadAlerts) + "?pageSize=100";
  const system_test::RestAnswer answer = system.Rest("GET", target, {}, token);
  std::printf("%s: %zu alerts, %zu bytes\n", name, system_test::JsonSize(answer.body, "/alerts"),
              answer.body.size());
  const std::string authorization = "Bearer " + token;
  Figures alerts;
  Figures floor;
  for (int round = 0; round < kRounds; ++round) {
    Run(
        system,
        [&](std::uint64_t, std::string& out) {
          AppendRequest(out, {.target = target, .headers = {{"Authorization", authorization}}});
        },
        alerts);
    Run(
        system,
        [&](std::uint64_t, std::string& out) { AppendRequest(out, {.target = "/healthz"}); },
        floor);
  }
  std::printf(
      "  alerts %.0f req/s, %.0f µs CPU a request; /healthz %.0f req/s, %.0f µs: %.1f times the "
      "CPU\n",
      Median(alerts.per_second), Median(alerts.cpu), Median(floor.per_second), Median(floor.cpu),
      Median(alerts.cpu) / Median(floor.cpu));
  return Median(alerts.per_second);
}

}  // namespace
}  // namespace vedette::bench

int main() {
  using namespace vedette;
  const double one = bench::Measure("one process, SQLite", system_test::Shape::kSingleSqlite);
  const double three =
      bench::Measure("three processes, PostgreSQL", system_test::Shape::kSplitPostgres);
  std::printf("one process over three: %.2f\n", one / three);
}
