// SPDX-License-Identifier: Apache-2.0
//
// What the whole chain costs: a small authenticated call over HTTP with breaker, degradation,
// shedding, deadline, limits and spans, against the same server without them. Processor time of the
// process, load generator included, which is the same for both.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "http_load.h"
#include "kit/http/server.h"
#include "kit/limit/local_limiter.h"
#include "kit/rpc/guard.h"
#include "kit/rpc/ingress.h"
#include "kit/rpc/rest.h"
#include "kit/rpc/testing/echo_service.h"
#include "kit/shed/cpu_reader.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/tracer.h"

namespace vedette::bench {
namespace {

constexpr double kGoalMicros = 5;
constexpr int kRounds = 7;
constexpr std::uint64_t kRequests = 60'000;

double CpuMicros() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

// The echo contract over HTTP, governed or not.
class System {
 public:
  explicit System(bool governed) {
    if (governed) {
      ingress_ = std::make_unique<rpc::Ingress>(
          rpc::IngressOptions{.limits = {.interactive = {.rate = 1e9, .burst = 1'000'000'000}}},
          rpc::IngressDependencies{.clock = clock_,
                                   .random = random_,
                                   .metrics = metrics_,
                                   .shedder = &shedder_,
                                   .degradation = &degradation_,
                                   .limiter = &limiter_});
    }
    Tracer* const tracer = governed ? &tracer_ : nullptr;
    guard_ = rpc::testing::v1::MakeEchoGuard(service_, {.authorizer = authorizer_,
                                                        .metrics = metrics_,
                                                        .clock = clock_,
                                                        .logger = {},
                                                        .tracer = tracer});
    adapter_ = std::make_unique<rpc::RestAdapter>(tokens_, rpc::RestOptions{}, ingress_.get());
    rpc::testing::v1::AddEchoRoutes(router_, *guard_, *adapter_);
    server_ = std::make_unique<http::Server>(http::ServerOptions{.port = 0, .access_log = false},
                                             router_, runtime_, Logger(), metrics_, clock_, tracer);
    if (const Status started = server_->Start(); !started) {
      throw std::runtime_error(started.error().message);
    }
  }
  ~System() {
    runtime_.RunBlocking([&] { return server_->Stop(std::chrono::seconds(5)); });
  }

  // Processor time of a request in microseconds.
  double Measure() {
    LoadOptions options;
    options.port = server_->port();
    options.connections = 32;
    options.warmup = std::chrono::milliseconds(0);
    options.duration = std::chrono::seconds(60);
    options.max_requests = kRequests;
    const double before = CpuMicros();
    const LoadReport report = RunLoad(options, [](std::uint64_t, std::string& out) {
      AppendRequest(out,
                    {.target = "/api/testing/me", .headers = {{"Authorization", "Bearer maria"}}});
    });
    if (report.answered == 0 || report.wrong + report.failed > 0) {
      throw std::runtime_error("wrong answers: " + report.Summary());
    }
    return (CpuMicros() - before) / static_cast<double>(report.answered);
  }

 private:
  SystemClock clock_;
  SystemRandom random_;
  MetricsRegistry metrics_;
  Runtime runtime_{1};
  FixedCpuReader cpu_{500};
  Shedder shedder_{{}, cpu_, clock_, metrics_};
  Degradation degradation_{&shedder_, metrics_};
  LocalLimiter limiter_{10'000, clock_};
  NullTracer tracer_;
  std::unique_ptr<rpc::Ingress> ingress_;
  Authorizer authorizer_ = rpc::testing::EchoAuthorizer();
  rpc::testing::TokenTable tokens_;
  rpc::testing::EchoService service_;
  std::unique_ptr<rpc::testing::v1::EchoApi> guard_;
  std::unique_ptr<rpc::RestAdapter> adapter_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
};

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int Main() {
  System bare(false);
  System governed(true);
  bare.Measure();
  governed.Measure();
  std::vector<double> without;
  std::vector<double> with;
  std::vector<double> differences;
  for (int round = 0; round < kRounds; ++round) {
    without.push_back(bare.Measure());
    with.push_back(governed.Measure());
    differences.push_back(with.back() - without.back());
  }
  fmt::print("processor time of a call over HTTP, client included, medians of {}\n", kRounds);
  fmt::print("without the chain   {:6.2f} µs\n", Median(without));
  fmt::print("with the chain      {:6.2f} µs   ratio {:.2f}\n", Median(with),
             Median(with) / Median(without));
  fmt::print("the chain           {:6.2f} µs   goal ≤ {:.0f}\n", Median(differences), kGoalMicros);
  return 0;
}

}  // namespace
}  // namespace vedette::bench

int main() { return vedette::bench::Main(); }
