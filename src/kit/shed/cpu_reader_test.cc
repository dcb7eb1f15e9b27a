// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/cpu_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <thread>

#include "kit/shed/cpu_meter.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;

class CpuMeterTest : public testing::Test {
 protected:
  // So much of all processors during a quarter of a second.
  void Use(double share) {
    now_ += 250ms;
    used_ += std::chrono::nanoseconds(std::llround(share * 2 * 250e6));
    meter_.Add(now_, CpuTime{used_, 2});
  }

  SteadyTime now_{1h};
  std::chrono::nanoseconds used_{5s};
  CpuMeter meter_{0.95, 0.95};
};

TEST_F(CpuMeterTest, IsUnknownUntilTheSecondReading) {
  EXPECT_FALSE(meter_.usage());
  meter_.Add(now_, CpuTime{used_, 2});
  EXPECT_FALSE(meter_.usage());
  Use(1);
  EXPECT_NEAR(meter_.usage().value(), 50, 1e-9);
}

TEST_F(CpuMeterTest, FollowsTheLoadSmoothly) {  // S10
  meter_.Add(now_, CpuTime{used_, 2});
  for (const double expected : {50.0, 97.5, 142.625}) {
    Use(1);
    EXPECT_NEAR(meter_.usage().value(), expected, 1e-9);
  }
  for (int sample = 4; sample <= 44; ++sample) Use(1);
  EXPECT_LT(meter_.usage().value(), 900);  // 0.95⁴⁴ = 0.1047
  Use(1);
  EXPECT_GE(meter_.usage().value(), 900);  // 0.95⁴⁵ = 0.0994
  for (int sample = 0; sample < 400; ++sample) Use(1);
  EXPECT_NEAR(meter_.usage().value(), 1000, 1e-6);  // whole numbers would stay at 981
  Use(0);
  Use(0);
  EXPECT_NEAR(meter_.usage().value(), 902.5, 1e-6);
  Use(0);
  EXPECT_LT(meter_.usage().value(), 900);
}

TEST_F(CpuMeterTest, MayRiseFasterThanItFalls) {
  meter_ = CpuMeter(0.7, 0.95);
  meter_.Add(now_, CpuTime{used_, 2});
  for (int sample = 1; sample <= 6; ++sample) Use(1);
  EXPECT_LT(meter_.usage().value(), 900);  // 0.7⁶ = 0.118
  Use(1);
  EXPECT_GE(meter_.usage().value(), 900);  // 0.7⁷ = 0.082
  const double peak = meter_.usage().value();
  Use(0);
  EXPECT_NEAR(meter_.usage().value(), 0.95 * peak, 1e-9);
}

TEST_F(CpuMeterTest, AHalfIsAHalf) {
  meter_.Add(now_, CpuTime{used_, 2});
  for (int sample = 0; sample < 500; ++sample) Use(0.5);
  EXPECT_NEAR(meter_.usage().value(), 500, 1e-6);
}

TEST_F(CpuMeterTest, MoreThanAllIsAll) {
  meter_.Add(now_, CpuTime{used_, 2});
  Use(3);
  EXPECT_NEAR(meter_.usage().value(), 50, 1e-9);
}

TEST_F(CpuMeterTest, WithoutAReadingItIsUnknownAgain) {
  meter_.Add(now_, CpuTime{used_, 2});
  Use(1);
  meter_.Add(now_ + 250ms, std::nullopt);
  EXPECT_FALSE(meter_.usage());
  Use(1);
  EXPECT_FALSE(meter_.usage());
  Use(1);
  EXPECT_NEAR(meter_.usage().value(), 97.5, 1e-9);
  meter_.Add(now_ + 250ms, CpuTime{used_, 0});
  EXPECT_FALSE(meter_.usage()) << "no processor at all";
}

TEST_F(CpuMeterTest, AReadingThatGoesBackIsOnlyAStart) {
  meter_.Add(now_, CpuTime{used_, 2});
  Use(1);
  used_ = 0ns;
  meter_.Add(now_ += 250ms, CpuTime{used_, 2});
  EXPECT_NEAR(meter_.usage().value(), 50, 1e-9);
  meter_.Add(now_, CpuTime{used_ + 1s, 2});  // no time passed
  EXPECT_NEAR(meter_.usage().value(), 50, 1e-9);
}

class CpuSourceTest : public testing::Test {
 protected:
  CpuFacts Facts() {
    return {.read = [this](const std::string& path) -> std::optional<std::string> {
              const auto found = files_.find(path);
              if (found == files_.end()) return std::nullopt;
              return found->second;
            },
            .processors = [this] { return processors_; },
            .own_time = [this] { return own_time_; }};
  }

  std::map<std::string, std::string> files_;
  int processors_ = 4;
  std::optional<std::chrono::nanoseconds> own_time_ = 7s;
};

TEST_F(CpuSourceTest, ReadsVersionTwo) {
  files_["/proc/self/cgroup"] = "0::/pod/app\n";
  files_["/proc/self/mountinfo"] = "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
  files_["/cg/pod/app/cgroup.type"] = "domain\n";
  files_["/cg/pod/app/cpu.stat"] = "usage_usec 2000000\n";
  files_["/cg/pod/app/cpu.max"] = "max 100000\n";
  const auto source = MakeSystemCpuSource(Facts());
  EXPECT_EQ(source->Read()->used, 2s);
  EXPECT_EQ(source->Read()->processors, 4) << "the processors it may run on";
  files_["/cg/pod/cpu.max"] = "150000 100000\n";
  EXPECT_EQ(source->Read()->processors, 1.5) << "a quota of the group above";
  files_["/cg/pod/app/cpu.max"] = "50000 100000\n";
  EXPECT_EQ(source->Read()->processors, 0.5);
  files_["/cg/pod/app/cpu.max"] = "900000 100000\n";
  processors_ = 1;
  EXPECT_EQ(source->Read()->processors, 1) << "changes are seen";
  files_.erase("/cg/pod/app/cpu.stat");
  EXPECT_FALSE(source->Read());
}

TEST_F(CpuSourceTest, ReadsVersionOne) {
  files_["/proc/self/cgroup"] = "4:cpuacct:/app\n3:cpu:/app\n";
  files_["/proc/self/mountinfo"] =
      "30 23 0:26 / /cg/cpu rw - cgroup cgroup rw,cpu\n"
      "31 23 0:27 / /cg/cpuacct rw - cgroup cgroup rw,cpuacct\n";
  files_["/cg/cpuacct/app/cpuacct.usage"] = "3000000000\n";
  files_["/cg/cpu/app/cpu.cfs_quota_us"] = "-1\n";
  files_["/cg/cpu/app/cpu.cfs_period_us"] = "100000\n";
  const auto source = MakeSystemCpuSource(Facts());
  EXPECT_EQ(source->Read()->used, 3s);
  EXPECT_EQ(source->Read()->processors, 4);
  files_["/cg/cpu/app/cpu.cfs_quota_us"] = "250000\n";
  EXPECT_EQ(source->Read()->processors, 2.5);
}

TEST_F(CpuSourceTest, InTheRootGroupOnlyTheProcessCounts) {
  files_["/proc/self/cgroup"] = "0::/\n";
  files_["/proc/self/mountinfo"] = "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
  files_["/cg/cpu.stat"] = "usage_usec 2000000\n";
  const auto source = MakeSystemCpuSource(Facts());
  EXPECT_EQ(source->Read()->used, 7s);
  EXPECT_EQ(source->Read()->processors, 4);
  own_time_.reset();
  EXPECT_FALSE(source->Read());

  own_time_ = 8s;
  files_["/proc/self/cgroup"] = "4:cpu,cpuacct:/\n";
  files_["/proc/self/mountinfo"] = "30 23 0:26 / /cg rw - cgroup cgroup rw,cpu,cpuacct\n";
  files_["/cg/cpuacct.usage"] = "3000000000\n";
  EXPECT_EQ(MakeSystemCpuSource(Facts())->Read()->used, 3s) << "the root of a container";
  files_["/cg/release_agent"] = "\n";
  EXPECT_EQ(MakeSystemCpuSource(Facts())->Read()->used, 8s);
}

TEST_F(CpuSourceTest, WithoutAGroupOnlyTheProcessCounts) {
  EXPECT_EQ(MakeSystemCpuSource(Facts())->Read()->used, 7s);
  files_["/proc/self/cgroup"] = "0::/app\n";
  files_["/proc/self/mountinfo"] = "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
  files_["/cg/app/cgroup.type"] = "domain\n";  // and no cpu.stat
  EXPECT_EQ(MakeSystemCpuSource(Facts())->Read()->used, 7s);
}

TEST_F(CpuSourceTest, IsUnknownWhereNothingCanBeRead) {
  own_time_.reset();
  EXPECT_FALSE(MakeSystemCpuSource(Facts())->Read());
  own_time_ = 7s;
  processors_ = 0;
  EXPECT_FALSE(MakeSystemCpuSource(Facts())->Read());
}

TEST(SystemCpuSource, ReadsThisMachine) {
  const auto source = MakeSystemCpuSource();
  const auto reading = source->Read();
  ASSERT_TRUE(reading);
  EXPECT_GT(reading->used, 0s);
  EXPECT_GT(reading->processors, 0);
}

// All of one processor, until it is told to fail.
class BusySource final : public CpuSource {
 public:
  BusySource(const Clock& clock, const std::atomic<bool>& fails) : clock_(clock), fails_(fails) {}
  std::optional<CpuTime> Read() override {
    if (fails_) throw std::runtime_error("unreadable");
    return CpuTime{clock_.SteadyNow().time_since_epoch(), 1};
  }

 private:
  const Clock& clock_;
  const std::atomic<bool>& fails_;
};

template <class Condition>
bool Eventually(Condition condition) {
  const SystemClock clock;
  const SteadyTime end = clock.SteadyNow() + 30s;
  while (!condition()) {
    if (clock.SteadyNow() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(CgroupCpuReader, SamplesOnItsOwn) {
  const SystemClock clock;
  std::atomic<bool> fails = false;
  const CgroupCpuReader reader({.interval = 1ms, .rise_beta = 0, .fall_beta = 0}, clock,
                               std::make_unique<BusySource>(clock, fails));
  EXPECT_TRUE(Eventually([&] { return reader.Usage().value_or(0) > 500; }));
  fails = true;
  EXPECT_TRUE(Eventually([&] { return !reader.Usage(); }));
}

TEST(CgroupCpuReader, EndsAtOnceWhileItWaits) {
  const SystemClock clock;
  const CgroupCpuReader reader({.interval = 1h}, clock);
  EXPECT_FALSE(reader.Usage());
}

}  // namespace
}  // namespace vedette
