// SPDX-License-Identifier: Apache-2.0
// What the service kit's tools cost a call, in nanoseconds of processor time, beside go-zero's own
// where VEDETTE_GO_ZERO_PEER names the program built of bench/peers/go-zero.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kit/balance/outlier_ejector.h"
#include "kit/balance/p2c_balancer.h"
#include "kit/breaker/breaker_registry.h"
#include "kit/cache/local_cache.h"
#include "kit/limit/local_limiter.h"
#include "kit/shed/cpu_reader.h"
#include "kit/shed/degradation.h"
#include "kit/shed/shedder.h"

namespace {

using namespace vedette;

constexpr int kRounds = 5;
constexpr double kRoundSeconds = 0.05;

struct Work {
  std::string name;
  std::function<void(std::int64_t times)> run;
};

template <class T>
void Keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// Calls `step` so many times.
template <class Step>
std::function<void(std::int64_t)> Repeat(Step step) {
  return [step](std::int64_t times) mutable {
    for (std::int64_t i = 0; i < times; ++i) step();
  };
}

double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// The median of several rounds.
double Nanoseconds(const Work& work) {
  std::int64_t times = 1000;
  std::vector<double> results;
  while (results.size() < kRounds) {
    const double start = ThreadSeconds();
    work.run(times);
    const double seconds = ThreadSeconds() - start;
    if (seconds < kRoundSeconds) {
      times *= 2;
      continue;
    }
    results.push_back(seconds * 1e9 / static_cast<double>(times));
  }
  std::ranges::sort(results);
  return results[kRounds / 2];
}

// By name; empty where the program is not there.
std::map<std::string, double> PeerNanoseconds() {
  std::map<std::string, double> results;
  const char* const program = std::getenv("VEDETTE_GO_ZERO_PEER");
  if (program == nullptr) return results;
  const std::unique_ptr<FILE, int (*)(FILE*)> output(
      popen(("'" + std::string(program) + "' 2>/dev/null").c_str(), "r"), pclose);
  char line[256];
  while (output && std::fgets(line, sizeof(line), output.get()) != nullptr) {
    const std::string text = line;
    const std::size_t tab = text.find('\t');
    if (tab != std::string::npos) results[text.substr(0, tab)] = std::atof(line + tab + 1);
  }
  return results;
}

// Everything that is measured, wired as a process does it.
struct Kit {
  SystemClock clock;
  SystemRandom random;
  MetricsRegistry metrics;
  BreakerRegistry breakers{{}, clock, random, metrics};
  std::shared_ptr<Breaker> closed = breakers.Get("closed", {{"kind", "bench"}, {"name", "closed"}});
  std::shared_ptr<Breaker> open = breakers.Get("open", {{"kind", "bench"}, {"name", "open"}});
  FixedCpuReader free_cpu{100};
  FixedCpuReader busy_cpu{1000};
  Shedder free_shedder{{}, free_cpu, clock, metrics, {{"server", "free"}}};
  Shedder busy_shedder{{}, busy_cpu, clock, metrics, {{"server", "busy"}}};
  std::vector<Shedder::Permit> flights;
  Degradation degradation{&free_shedder, metrics};
  LocalLimiter limiter{100'000, clock};
  OutlierEjector ejector{{}, clock, nullptr};
  P2cBalancer p2c_of_3{clock, random, ejector};
  P2cBalancer p2c_of_20{clock, random, ejector};
  cache::LocalCache<int> cache{
      "bench", {.limit = 100'000, .ttl = std::chrono::hours(1)}, clock, random, metrics, Logger()};
  Counter& counter = metrics.GetCounter("bench_total", "Bench.", {{"method", "trial.GetStudy"}});
  Histogram& histogram = metrics.GetHistogram(
      "bench_seconds", "Bench.", LatencyBuckets(), {{"method", "trial.GetStudy"}});

  Kit() {
    // Every other call ends, so that both the present and the average grow until one is refused.
    for (int i = 0;; ++i) {
      Result<Shedder::Permit> permit = busy_shedder.Admit(RateClass::kReport);
      if (!permit) break;
      if (i % 2 == 0) flights.push_back(*std::move(permit));
    }
    degradation.Declare("preview");
    degradation.Declare("enrichment");
    p2c_of_3.Update(Instances(3));
    p2c_of_20.Update(Instances(20));
    for (int i = 0; i < 1024; ++i) cache.Put("subject:" + std::to_string(i), i);
  }

  static InstanceList Instances(int count) {
    InstanceList instances;
    for (int i = 0; i < count; ++i) {
      instances.push_back(std::make_shared<Instance>("10.0.0." + std::to_string(i) + ":9000"));
    }
    return instances;
  }
};

void PickAndTell(Balancer& balancer) {
  Result<Pick> pick = balancer.Choose({});
  pick->Tell(Outcome::kSuccess);
}

std::vector<Work> Works(Kit& kit) {
  const RateLimit plenty{.rate = 1e9, .burst = 1'000'000'000};
  return {
      {"reading the clock", Repeat([&] { Keep(kit.clock.SteadyNow()); })},
      {"breaker, closed", Repeat([&] { kit.closed->Allow()->End(Outcome::kSuccess); })},
      {"breaker, open", Repeat([&] {
         Result<Breaker::Permit> permit = kit.open->Allow();
         if (permit) permit->End(Outcome::kFailure, "down");
       })},
      {"shedder, free", Repeat([&] { kit.free_shedder.Admit(RateClass::kInteractive)->Pass(); })},
      {"shedder, refusing", Repeat([&] { Keep(kit.busy_shedder.Admit(RateClass::kReport)); })},
      {"degradation", Repeat([&] { Keep(kit.degradation.Check("enrichment")); })},
      {"token bucket, local",
       Repeat([&, plenty] { Keep(kit.limiter.TakeNow("user:42:interactive", plenty, 1)); })},
      {"P2C of 3", Repeat([&] { PickAndTell(kit.p2c_of_3); })},
      {"P2C of 20", Repeat([&] { PickAndTell(kit.p2c_of_20); })},
      {"local cache hit", Repeat([&] { Keep(kit.cache.Get("subject:77")); })},
      {"counter", Repeat([&] { kit.counter.Add(); })},
      {"histogram", Repeat([&] { kit.histogram.Observe(0.0042); })},
  };
}

}  // namespace

int main() {
  const std::map<std::string, double> peers = PeerNanoseconds();
  Kit kit;
  fmt::print("{:<22}{:>10}{:>10}{:>10}\n", "ns of processor time", "Vedette", "go-zero", "times");
  for (const Work& work : Works(kit)) {
    const double ours = Nanoseconds(work);
    const auto peer = peers.find(work.name);
    if (peer == peers.end()) {
      fmt::print("{:<22}{:>10.1f}{:>10}{:>10}\n", work.name, ours, "", "");
    } else {
      fmt::print("{:<22}{:>10.1f}{:>10.1f}{:>9.1f}x\n", work.name, ours, peer->second,
                 peer->second / ours);
    }
  }
  if (peers.empty()) fmt::print("go-zero is left out: VEDETTE_GO_ZERO_PEER names no program\n");
  return 0;
}
