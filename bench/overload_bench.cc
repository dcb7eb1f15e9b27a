// SPDX-License-Identifier: Apache-2.0
//
// Goodput under overload: a server whose calls cost a millisecond of one processor, asked in an
// open loop for once, twice and three times of what it can do, with and without shedding. Good is
// an answer within a second of the moment the call was due. Three classes of calls come at once;
// data capture should be refused last. Capacity is what the server does without a break, less what
// others take of its processor meanwhile, so that a busy machine changes the ratios little.
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "http_load.h"
#include "kit/http/server.h"
#include "kit/rpc/ingress.h"
#include "kit/rpc/rest_gate.h"
#include "kit/shed/cpu_reader.h"
#include "kit/task/runtime.h"
#include "kit/task/turn.h"

namespace vedette::bench {
namespace {

constexpr std::chrono::microseconds kWork{1000};
constexpr std::chrono::seconds kInTime{1};
constexpr double kGoal = 0.8;
constexpr int kConnections = 400;                           // of each class
constexpr std::array<double, 3> kShares = {0.3, 0.4, 0.3};  // of the load, by class
constexpr std::array<std::string_view, 3> kTargets = {"/capture", "/interactive", "/report"};
constexpr std::array<rpc::MethodInfo, 3> kInfos = {
    rpc::MethodInfo{.label = "bench.Capture", .rate_class = RateClass::kCapture},
    rpc::MethodInfo{.label = "bench.Interactive", .rate_class = RateClass::kInteractive},
    rpc::MethodInfo{.label = "bench.Report", .rate_class = RateClass::kReport}};

// Of one thread, since it began.
struct ThreadTimes {
  std::chrono::nanoseconds ran;
  std::chrono::nanoseconds waited;  // for a processor that others had
};

class ThreadMeter {
 public:
  explicit ThreadMeter(pid_t thread) : path_(fmt::format("/proc/self/task/{}/schedstat", thread)) {}
  ThreadTimes Read() const {
    std::ifstream file(path_);
    std::int64_t ran = 0;
    std::int64_t waited = 0;
    if (!(file >> ran >> waited)) throw std::runtime_error("no scheduling statistics: " + path_);
    return {std::chrono::nanoseconds(ran), std::chrono::nanoseconds(waited)};
  }

 private:
  const std::string path_;
};

// The part of a while in which a thread could have run.
class Available {
 public:
  explicit Available(const ThreadMeter& meter) : meter_(meter) {}
  double Share() const {
    const std::chrono::duration<double> waited = meter_.Read().waited - waited_;
    return 1 - waited / (std::chrono::steady_clock::now() - start_);
  }

 private:
  const ThreadMeter& meter_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const std::chrono::nanoseconds waited_ = meter_.Read().waited;
};

// How busy the server's one thread is. It is also while it waits: others had its processor.
class ThreadCpu final : public CpuSource {
 public:
  explicit ThreadCpu(const ThreadMeter& meter) : meter_(meter) {}
  std::optional<CpuTime> Read() override {
    const ThreadTimes times = meter_.Read();
    return CpuTime{times.ran + times.waited, 1};
  }

 private:
  const ThreadMeter& meter_;
};

Task<pid_t> ThreadId() { co_return gettid(); }

std::chrono::nanoseconds ThreadTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void Burn() {
  const auto end = ThreadTime() + kWork;
  volatile std::uint64_t sum = 0;
  while (ThreadTime() < end) {
    for (int i = 0; i < 10'000; ++i) sum = sum + 1;
  }
}

Task<http::Response> Work(http::Request request) {
  co_await TakeTurn();  // as every call of a contract does
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
      : thread_(Await<pid_t>(runtime_, ThreadId)),
        cpu_({}, clock_, std::make_unique<ThreadCpu>(thread_)) {
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
  const ThreadMeter& thread() const { return thread_; }

 private:
  SystemClock clock_;
  SystemRandom random_;
  MetricsRegistry metrics_;
  Runtime runtime_{1};
  const ThreadMeter thread_;
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

// By class, a second.
struct Goodput {
  std::array<double, 3> served{};
  std::array<double, 3> asked{};
  double available = 1;  // of the server's processor

  double total() const { return served[0] + served[1] + served[2]; }
};

// One thread a class, each with the rate of its share.
Goodput Load(const System& system, double rate) {
  constexpr std::chrono::seconds kWarmUp(8);
  Goodput goodput;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kTargets.size(); ++i) {
    goodput.asked[i] = rate * kShares[i];
    threads.emplace_back([&, i] {
      LoadOptions options;
      options.port = system.port();
      options.connections = kConnections;
      options.rate = goodput.asked[i];
      options.warmup = kWarmUp;
      options.duration = std::chrono::seconds(6);
      const LoadReport report = RunLoad(
          options,
          [i](std::uint64_t, std::string& out) { AppendRequest(out, {.target = kTargets[i]}); },
          [](std::uint64_t, int status, std::string_view) { return status == 200; });
      goodput.served[i] = report.PerSecond() * InTime(report.latency);
    });
  }
  std::this_thread::sleep_for(kWarmUp);
  const Available available(system.thread());
  for (std::thread& thread : threads) thread.join();
  goodput.available = available.Share();
  return goodput;
}

// Of a closed loop.
struct Capacity {
  double alone = 0;      // calls a second, had the server its processor to itself
  double available = 1;  // of the processor, meanwhile
};

Capacity Measure(const System& system) {
  LoadOptions options;
  options.port = system.port();
  options.connections = 8;
  const Available available(system.thread());
  const LoadReport report = RunLoad(
      options, [](std::uint64_t, std::string& out) { AppendRequest(out, {.target = "/free"}); });
  const double share = available.Share();
  return {.alone = report.PerSecond() / share, .available = share};
}

int Main() {
  fmt::print("goodput: answered within {} s of its time, as a share of capacity\n",
             kInTime.count());
  double peak = 0;
  double last = 0;
  for (const bool sheds : {false, true}) {
    for (const int times : {1, 2, 3}) {
      const System system(sheds);
      const Capacity capacity = Measure(system);
      const Goodput goodput = Load(system, capacity.alone * capacity.available * times);
      const double possible = capacity.alone * goodput.available;
      const double share = goodput.total() / possible;
      if (sheds) peak = std::max(peak, share);
      if (sheds) last = share;
      fmt::print("{} {:.1f}× of {:4.0f}/s   goodput {:3.0f} %", sheds ? "shedding" : "without ",
                 capacity.alone * capacity.available * times / possible, possible, 100 * share);
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
