// SPDX-License-Identifier: Apache-2.0
//
// What the shedder makes of overload, in simulated time: one processor, calls that come at random,
// and the processor's use as the meter of production sees it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

#include "base/random.h"
#include "kit/shed/cpu_meter.h"
#include "kit/shed/cpu_reader.h"
#include "kit/shed/shedder.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds kWork = 1ms;      // what an admitted call costs, on average
constexpr nanoseconds kReading = 30us;  // of that; a refused one costs no more
constexpr nanoseconds kInTime = 1s;     // an answer that comes later is worth nothing
constexpr int kBunch = 128;             // calls that an event loop hears of at once, as Asio's does
constexpr std::array<double, kRateClasses.size()> kShares = {0.3, 0.4, 0.3};  // of the load

// When calls are taken in.
enum class Reading : std::uint8_t {
  kAtOnce,     // between any two that are worked on: they take turns
  kInBunches,  // when all that were taken in before are answered
};

// The processor's time as the operating system counts it.
class SimulatedCpu final : public CpuReader {
 public:
  SimulatedCpu(const CpuReaderOptions& options, const Clock& clock)
      : interval_(options.interval),
        clock_(clock),
        meter_(options.rise_beta, options.fall_beta),
        next_(clock.SteadyNow()) {}

  void Use(nanoseconds time) { used_ += time; }
  void Sample() {
    for (; next_ <= clock_.SteadyNow(); next_ += interval_) meter_.Add(next_, CpuTime{used_, 1});
  }
  std::optional<double> Usage() const override { return meter_.usage(); }

 private:
  const nanoseconds interval_;
  const Clock& clock_;
  CpuMeter meter_;
  SteadyTime next_;
  nanoseconds used_{0};
};

struct Setting {
  double load = 1;  // of the capacity
  Reading reading = Reading::kAtOnce;
  ShedOptions shed = {};
  CpuReaderOptions cpu = {};
  nanoseconds warm_up = 20s;
  nanoseconds measured = 10s;
};

// By class, of the calls that came in the time that was measured.
struct Counts {
  std::array<double, kRateClasses.size()> asked{};
  std::array<double, kRateClasses.size()> good{};

  double Share(RateClass rate_class) const {
    const auto index = static_cast<std::size_t>(rate_class);
    return good[index] / asked[index];
  }
};

class Simulation {
 public:
  explicit Simulation(Setting setting) : setting_(setting) {
    for (std::size_t i = 0; i < next_.size(); ++i) next_[i] = start_ + Gap(i);
  }

  Counts Run() {
    // The last ones that are measured have their time too.
    while (clock_.SteadyNow() - start_ < setting_.warm_up + setting_.measured + kInTime) {
      if (setting_.reading == Reading::kAtOnce) {
        TakeIn(std::numeric_limits<int>::max());
      } else if (waiting_.empty()) {
        TakeIn(kBunch);
      }
      if (waiting_.empty()) {
        Idle();
      } else {
        Serve();
      }
    }
    return counts_;
  }

 private:
  struct Call {
    std::size_t rate_class;
    SteadyTime came;
    Shedder::Permit permit;
  };

  nanoseconds Exponential(nanoseconds mean) {
    return nanoseconds(
        std::llround(-std::log(1 - random_.Uniform()) * static_cast<double>(mean.count())));
  }
  nanoseconds Gap(std::size_t rate_class) {
    return Exponential(nanoseconds(
        std::llround(static_cast<double>(kWork.count()) / (setting_.load * kShares[rate_class]))));
  }
  bool IsMeasured(SteadyTime came) const {
    const nanoseconds since = came - start_ - setting_.warm_up;
    return since >= 0ns && since < setting_.measured;
  }

  void Spend(nanoseconds time) {
    clock_.Advance(time);
    cpu_.Use(time);
    cpu_.Sample();
  }

  void TakeIn(int most) {
    for (int taken = 0; taken < most; ++taken) {
      const auto next = std::ranges::min_element(next_);
      const SteadyTime came = *next;
      if (came > clock_.SteadyNow()) return;
      const auto rate_class = static_cast<std::size_t>(next - next_.begin());
      *next += Gap(rate_class);
      if (IsMeasured(came)) ++counts_.asked[rate_class];
      Result<Shedder::Permit> permit = shedder_.Admit(kRateClasses[rate_class]);
      if (permit) waiting_.push_back({rate_class, came, *std::move(permit)});
      Spend(kReading);
    }
  }

  void Serve() {
    Call call = std::move(waiting_.front());
    waiting_.pop_front();
    Spend(Exponential(kWork - kReading));
    call.permit.Pass();
    if (IsMeasured(call.came) && clock_.SteadyNow() - call.came <= kInTime) {
      ++counts_.good[call.rate_class];
    }
  }

  void Idle() {
    const nanoseconds until = std::ranges::min(next_) - clock_.SteadyNow();
    clock_.Advance(std::max(until, nanoseconds(0)));
    cpu_.Sample();
  }

  const Setting setting_;
  FakeClock clock_;
  const SteadyTime start_ = clock_.SteadyNow();
  SeededRandom random_{1};
  MetricsRegistry metrics_;
  SimulatedCpu cpu_{setting_.cpu, clock_};
  Shedder shedder_{setting_.shed, cpu_, clock_, metrics_};
  std::array<SteadyTime, kRateClasses.size()> next_;  // call, by class
  std::deque<Call> waiting_;
  Counts counts_;
};

// The good answers as a share of what the processor can do.
double Goodput(const Counts& counts, const Setting& setting) {
  double good = 0;
  for (const double of_class : counts.good) good += of_class;
  return good * std::chrono::duration<double>(kWork) / setting.measured;
}

TEST(OverloadTest, BelowCapacityHardlyAnythingIsRefused) {
  const Counts counts = Simulation({.load = 0.8}).Run();
  for (const RateClass rate_class : kRateClasses) EXPECT_GE(counts.Share(rate_class), 0.98);
}

TEST(OverloadTest, AtCapacityHardlyAnythingIsRefused) {
  const Counts counts = Simulation({.load = 1}).Run();
  EXPECT_EQ(counts.Share(RateClass::kCapture), 1);
  EXPECT_GE(counts.Share(RateClass::kInteractive), 0.99);
  EXPECT_GE(counts.Share(RateClass::kReport), 0.65);
}

TEST(OverloadTest, AtTwiceTheCapacityReportsMakeRoom) {
  const Setting setting{.load = 2};
  const Counts counts = Simulation(setting).Run();
  EXPECT_GE(Goodput(counts, setting), 0.9);
  EXPECT_GE(counts.Share(RateClass::kCapture), 0.98);
  EXPECT_GE(counts.Share(RateClass::kInteractive), 0.4);
  EXPECT_LE(counts.Share(RateClass::kReport), 0.02);
}

TEST(OverloadTest, AtThreeTimesTheCapacityDataCaptureIsServed) {
  const Setting setting{.load = 3};
  const Counts counts = Simulation(setting).Run();
  EXPECT_GE(Goodput(counts, setting), 0.88);
  EXPECT_GE(counts.Share(RateClass::kCapture), 0.95);
}

TEST(OverloadTest, AtSixTimesTheCapacityOnlyDataCaptureIsServed) {
  const Setting setting{.load = 6};
  const Counts counts = Simulation(setting).Run();
  EXPECT_GE(Goodput(counts, setting), 0.75);
  EXPECT_GE(counts.Share(RateClass::kCapture), 0.4);
  EXPECT_LE(counts.Share(RateClass::kInteractive), 0.02);
  EXPECT_LE(counts.Share(RateClass::kReport), 0.02);
}

// Why anything may wait at all.
TEST(OverloadTest, GoZerosLimitsLeaveProcessorsIdle) {
  const ShedOptions none{.report_wait = 0ms, .interactive_wait = 0ms, .capture_wait = 0ms};
  const Setting full{.load = 1, .shed = none};
  EXPECT_LE(Simulation(full).Run().Share(RateClass::kReport), 0.5);
  const Setting twice{.load = 2, .shed = none};
  EXPECT_LE(Goodput(Simulation(twice).Run(), twice), 0.8);
}

// From nothing to three times the capacity: what came before it was noticed is soon worked off.
TEST(OverloadTest, IsNoticedBeforeTooMuchWaits) {
  Setting setting{.load = 3, .warm_up = 10s, .measured = 5s};
  EXPECT_GE(Goodput(Simulation(setting).Run(), setting), 0.85);
  setting.cpu.rise_beta = setting.cpu.fall_beta;  // go-zero's
  EXPECT_LE(Goodput(Simulation(setting).Run(), setting), 0.05);
}

// Why calls take turns (kit/task/turn.h): what the server has not read yet counts nowhere.
TEST(OverloadTest, WhoReadsOnlyAfterItsWorkDoesNotSeeWhatWaits) {
  const Setting setting{.load = 3, .reading = Reading::kInBunches};
  EXPECT_LE(Goodput(Simulation(setting).Run(), setting), 0.05);
}

}  // namespace
}  // namespace vedette
