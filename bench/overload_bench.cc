// SPDX-License-Identifier: Apache-2.0
//
// Goodput under overload: a server whose calls cost a millisecond of one processor, asked in an
// open loop for once, twice and three times of what it can do, with and without shedding. Good is
// an answer within a second of the moment the call was due. Three classes of calls come at once;
// data capture should be refused last.
#include <fmt/format.h>
#include <pthread.h>
#include <time.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "http_load.h"
#include "kit/http/server.h"
#include "kit/rpc/ingress.h"
#include "kit/rpc/rest_gate.h"
#include "kit/shed/cpu_reader.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"

namespace vedette::bench {
namespace {

constexpr std::chrono::microseconds kWork{1000};
constexpr std::chrono::seconds kInTime{1};
constexpr double kGoal = 0.8;
constexpr int kConnections = 150;                           // of each class
constexpr std::array<double, 3> kShares = {0.3, 0.4, 0.3};  // of the load, by class
constexpr std::array<std::string_view, 3> kTargets = {"/capture", "/interactive", "/report"};
constexpr std::array<rpc::MethodInfo, 3> kInfos = {
    rpc::MethodInfo{.label = "bench.Capture", .rate_class = RateClass::kCapture},
    rpc::MethodInfo{.label = "bench.Interactive", .rate_class = RateClass::kInteractive},
    rpc::MethodInfo{.label = "bench.Report", .rate_class = RateClass::kReport}};

std::chrono::nanoseconds CpuTimeOf(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// How busy the server's one thread is: the generator in the same process does not count.
class ThreadCpu final : public CpuSource {
 public:
  explicit ThreadCpu(clockid_t clock) : clock_(clock) {}
  std::optional<CpuTime> Read() override { return CpuTime{CpuTimeOf(clock_), 1}; }

 private:
  const clockid_t clock_;
};

Task<clockid_t> ThreadClock() {
  clockid_t clock{};
  pthread_getcpuclockid(pthread_self(), &clock);
  co_return clock;
}

void Burn() {
  const auto end = CpuTimeOf(CLOCK_THREAD_CPUTIME_ID) + kWork;
  volatile std::uint64_t sum = 0;
  while (CpuTimeOf(CLOCK_THREAD_CPUTIME_ID) < end) {
    for (int i = 0; i < 10'000; ++i) sum = sum + 1;
  }
}

Task<http::Response> Work(http::Request request) {
  // As a contract's call does: others are heard of before its work begins.
  co_await Yield();
  Burn();
  http::Response response;
  response.body = "done";
  if (rpc::RestPassage* passage = rpc::RestPassage::Of(request)) {
    co_return passage->Answer(std::move(response), nullptr);
  }
  co_return response;
}

class System {
 public:
  explicit System(bool sheds)
      : cpu_({}, clock_, std::make_unique<ThreadCpu>(Await<clockid_t>(runtime_, ThreadClock))) {
    for (std::size_t i = 0; i < kTargets.size(); ++i) {
      http::RouteOptions options;
      if (sheds) options.gate = rpc::MakeRestGate(ingress_.At(kInfos[i]), 0, clock_);
      router_.Add("GET", std::string(kTargets[i]), Work, std::move(options));
    }
    router_.Add("GET", "/free", Work);
    server_ = std::make_unique<http::Server>(http::ServerOptions{.port = 0, .access_log = false},
                                             router_, runtime_, Logger(), metrics_, clock_);
    if (const Status started = server_->Start(); !started) {
      throw std::runtime_error(started.error().message);
    }
  }
  ~System() {
    runtime_.RunBlocking([&] { return server_->Stop(std::chrono::seconds(5)); });
  }

  std::uint16_t port() const { return server_->port(); }

 private:
  SystemClock clock_;
  SystemRandom random_;
  MetricsRegistry metrics_;
  Runtime runtime_{1};
  CgroupCpuReader cpu_;
  Shedder shedder_{{}, cpu_, clock_, metrics_};
  rpc::Ingress ingress_{
      {}, {.clock = clock_, .random = random_, .metrics = metrics_, .shedder = &shedder_}};
  http::Router router_;
  std::unique_ptr<http::Server> server_;
};

// The share of the right answers that came in time.
double InTime(const LatencyHistogram& latency) {
  double low = 0;
  double high = 100;
  if (latency.Percentile(100) <= kInTime) return 1;
  while (high - low > 0.01) {
    const double middle = (low + high) / 2;
    (latency.Percentile(middle) <= kInTime ? low : high) = middle;
  }
  return low / 100;
}

struct Goodput {
  std::array<double, 3> served{};  // a second, by class
  std::array<double, 3> asked{};

  double total() const { return served[0] + served[1] + served[2]; }
};

// One thread a class, each with the rate of its share.
Goodput Load(const System& system, double rate) {
  Goodput goodput;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kTargets.size(); ++i) {
    goodput.asked[i] = rate * kShares[i];
    threads.emplace_back([&, i] {
      LoadOptions options;
      options.port = system.port();
      options.connections = kConnections;
      options.rate = goodput.asked[i];
      options.warmup = std::chrono::seconds(4);
      options.duration = std::chrono::seconds(6);
      const LoadReport report = RunLoad(
          options,
          [i](std::uint64_t, std::string& out) { AppendRequest(out, {.target = kTargets[i]}); },
          [](std::uint64_t, int status, std::string_view) { return status == 200; });
      goodput.served[i] = report.PerSecond() * InTime(report.latency);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return goodput;
}

// In a closed loop, now: what else the machine does changes it.
double Capacity(const System& system) {
  LoadOptions options;
  options.port = system.port();
  options.connections = 8;
  return RunLoad(options,
                 [](std::uint64_t, std::string& out) { AppendRequest(out, {.target = "/free"}); })
      .PerSecond();
}

int Main() {
  fmt::print("goodput: answered within {} s of its time, as a share of capacity\n",
             kInTime.count());
  double peak = 0;
  double last = 0;
  for (const bool sheds : {false, true}) {
    for (const int times : {1, 2, 3}) {
      const System system(sheds);
      const double capacity = Capacity(system);
      const Goodput goodput = Load(system, capacity * times);
      const double share = goodput.total() / capacity;
      if (sheds) peak = std::max(peak, share);
      if (sheds) last = share;
      fmt::print("{} {}× of {:4.0f}/s   goodput {:3.0f} %", sheds ? "shedding" : "without ", times,
                 capacity, 100 * share);
      for (std::size_t i = 0; i < kTargets.size(); ++i) {
        fmt::print("   {} {:3.0f} %", kTargets[i].substr(1),
                   100 * goodput.served[i] / goodput.asked[i]);
      }
      fmt::print("\n");
    }
  }
  fmt::print("at 3× with shedding {:.2f} of the peak; goal ≥ {:.1f}\n", last / peak, kGoal);
  return 0;
}

}  // namespace
}  // namespace vedette::bench

int main() { return vedette::bench::Main(); }
