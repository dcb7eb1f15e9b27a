// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/shedder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "kit/shed/cpu_reader.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ShedderTest : public testing::Test {
 protected:
  // 900 calls of 6 ms in a bucket of 100 ms: 54 in flight.
  void Serve(RateClass rate_class) {
    std::vector<Shedder::Permit> permits;
    for (int i = 0; i < 900; ++i) permits.push_back(*shedder_.Admit(rate_class));
    clock_.Advance(6ms);
    for (Shedder::Permit& permit : permits) permit.Pass();
    clock_.Advance(94ms);
  }

  // Has so many in flight, now and on average.
  void Fly(RateClass rate_class, std::size_t count) {
    const std::optional<double> usage = cpu_.Usage();
    cpu_.Set(0);
    std::vector<Shedder::Permit>& flights = flights_[static_cast<std::size_t>(rate_class)];
    while (flights.size() < count) flights.push_back(*shedder_.Admit(rate_class));
    while (flights.size() > count) flights.pop_back();
    for (int i = 0; i < 500; ++i) shedder_.Admit(rate_class)->Fail();
    cpu_.Set(usage);
  }

  bool Refuses(RateClass rate_class) { return !shedder_.Admit(rate_class); }

  static constexpr RateClass kClass = RateClass::kInteractive;

  FakeClock clock_;
  FixedCpuReader cpu_{900};
  MetricsRegistry metrics_;
  // go-zero's limits.
  static constexpr ShedOptions kOptions{.window = 1s,
                                        .buckets = 10,
                                        .report_wait = 0ms,
                                        .interactive_wait = 0ms,
                                        .capture_wait = 0ms};

  Shedder shedder_{kOptions, cpu_, clock_, metrics_};
  std::array<std::vector<Shedder::Permit>, kRateClasses.size()> flights_;
};

TEST_F(ShedderTest, RefusesWhenMoreFliesThanItServed) {  // S4
  Serve(kClass);
  Fly(kClass, 50);
  EXPECT_FALSE(Refuses(kClass)) << "50 on average are below 54";
  Fly(kClass, 80);
  EXPECT_TRUE(Refuses(kClass));
}

TEST_F(ShedderTest, AHighAverageAloneRefusesNothing) {  // S4
  Serve(kClass);
  Fly(kClass, 80);
  auto& flights = flights_[static_cast<std::size_t>(kClass)];
  while (flights.size() > 54) flights.pop_back();
  ASSERT_GT(shedder_.Snapshot()[1].average_flying, 54);
  EXPECT_FALSE(Refuses(kClass)) << "54 are not more than 54";
  flights.push_back(*shedder_.Admit(kClass));
  EXPECT_TRUE(Refuses(kClass));
}

TEST_F(ShedderTest, ABurstAloneRefusesNothing) {  // S4
  Serve(kClass);
  Fly(kClass, 10);
  std::vector<Shedder::Permit> burst;
  for (int i = 0; i < 500; ++i) {
    Result<Shedder::Permit> permit = shedder_.Admit(kClass);
    ASSERT_TRUE(permit) << i;
    burst.push_back(*std::move(permit));
  }
}

TEST_F(ShedderTest, TheBusierTheLessMayFly) {  // S4, S10
  Serve(kClass);
  Fly(kClass, 30);
  cpu_.Set(900);
  EXPECT_FALSE(Refuses(kClass));
  cpu_.Set(950);  // 27
  EXPECT_TRUE(Refuses(kClass));
  Fly(kClass, 20);
  EXPECT_FALSE(Refuses(kClass));
  cpu_.Set(990);  // 5.4
  EXPECT_TRUE(Refuses(kClass));
  Fly(kClass, 6);
  EXPECT_TRUE(Refuses(kClass));
  cpu_.Set(1000);  // 5.4 still
  EXPECT_TRUE(Refuses(kClass));
  Fly(kClass, 5);
  EXPECT_FALSE(Refuses(kClass));
}

TEST_F(ShedderTest, SoManyMayWaitAsAreServedInTheTime) {
  MetricsRegistry metrics;
  Shedder shedder({.window = 1s, .buckets = 10, .interactive_wait = 10ms}, cpu_, clock_, metrics);
  std::vector<Shedder::Permit> flights;
  for (int i = 0; i < 900; ++i) flights.push_back(*shedder.Admit(kClass));
  clock_.Advance(6ms);
  for (Shedder::Permit& permit : flights) permit.Pass();
  flights.clear();
  clock_.Advance(94ms);
  // 54 that are worked on, and 9 for each millisecond.
  EXPECT_DOUBLE_EQ(shedder.Snapshot()[1].work_limit, 54);
  EXPECT_DOUBLE_EQ(shedder.Snapshot()[1].limit, 144);
  while (flights.size() < 145) flights.push_back(*shedder.Admit(kClass));
  ASSERT_GT(shedder.Snapshot()[1].average_flying, 54);
  EXPECT_FALSE(shedder.Admit(kClass));
  flights.pop_back();
  EXPECT_TRUE(shedder.Admit(kClass));
}

TEST_F(ShedderTest, TheAverageIsOfWhatCallsFoundWhenTheyBegan) {
  // A server that reads a bunch of calls and serves them all before it reads again.
  cpu_.Set(0);
  for (int bunch = 0; bunch < 20; ++bunch) {
    std::vector<Shedder::Permit> calls;
    for (int i = 0; i < 100; ++i) calls.push_back(*shedder_.Admit(kClass));
    for (Shedder::Permit& call : calls) call.Fail();
  }
  EXPECT_GT(shedder_.Snapshot()[1].average_flying, 80);
}

TEST_F(ShedderTest, RefusesNothingWhileProcessorsAreFree) {  // S5
  Serve(kClass);
  Fly(kClass, 1000);
  cpu_.Set(899.9);
  EXPECT_FALSE(Refuses(kClass));
  cpu_.Set(std::nullopt);
  EXPECT_FALSE(Refuses(kClass)) << "unknown is not busy";
}

TEST_F(ShedderTest, StaysHotForTheCoolOffAfterARefusal) {  // S6
  Serve(kClass);
  Fly(kClass, 80);
  EXPECT_FALSE(shedder_.IsShedding(kClass));
  ASSERT_TRUE(Refuses(kClass));
  cpu_.Set(0);
  EXPECT_TRUE(Refuses(kClass));
  EXPECT_TRUE(shedder_.IsShedding(kClass));
  clock_.Advance(999ms);
  EXPECT_TRUE(shedder_.IsShedding(kClass));
  clock_.Advance(1ms);
  EXPECT_FALSE(Refuses(kClass));
  EXPECT_FALSE(shedder_.IsShedding(kClass));
  // Once cooled off it takes an overload to refuse again.
  clock_.Advance(-1ms);
  EXPECT_FALSE(Refuses(kClass));
}

TEST_F(ShedderTest, AnOverloadWithoutARefusalLeavesNoHeat) {  // S6
  Serve(kClass);
  Fly(kClass, 20);
  ASSERT_FALSE(Refuses(kClass));
  cpu_.Set(0);
  Fly(kClass, 80);
  EXPECT_FALSE(Refuses(kClass));
}

TEST_F(ShedderTest, TheHeatLastsFromTheLastOverloadSeen) {  // S6
  Serve(kClass);
  Fly(kClass, 80);
  ASSERT_TRUE(Refuses(kClass));
  clock_.Advance(800ms);
  EXPECT_TRUE(Refuses(kClass));
  cpu_.Set(0);
  clock_.Advance(800ms);
  // By now the calls of 6 ms are forgotten, and one of a second may fly for each tenth.
  EXPECT_TRUE(Refuses(kClass));
  clock_.Advance(400ms);
  EXPECT_FALSE(Refuses(kClass));
}

TEST_F(ShedderTest, DisabledItRefusesNothing) {  // S7
  MetricsRegistry metrics;
  Shedder shedder({.enabled = false}, cpu_, clock_, metrics);
  std::vector<Shedder::Permit> permits;
  for (int i = 0; i < 1000; ++i) {
    shedder.Admit(kClass)->Fail();
    Result<Shedder::Permit> permit = shedder.Admit(kClass);
    ASSERT_TRUE(permit);
    permits.push_back(*std::move(permit));
  }
}

TEST_F(ShedderTest, CountsByClassAndResult) {  // S8
  Serve(kClass);
  shedder_.Admit(kClass)->Fail();
  {
    const auto untold = shedder_.Admit(kClass);
  }
  Fly(kClass, 80);
  ASSERT_TRUE(Refuses(kClass));
  const Shedder::State state = shedder_.Snapshot()[1];
  EXPECT_EQ(state.rate_class, kClass);
  EXPECT_EQ(state.passed, 900);
  EXPECT_EQ(state.failed, 2 + 500);
  EXPECT_EQ(state.refused, 1);
  EXPECT_EQ(state.flying, 80);
  EXPECT_EQ(state.most_passed, 900);
  EXPECT_EQ(state.least_time_ms, 6);
  EXPECT_DOUBLE_EQ(state.limit, 54);
  EXPECT_TRUE(state.shedding);
  const std::string page = metrics_.Expose();
  EXPECT_THAT(page,
              HasSubstr("vedette_shed_calls_total{class=\"interactive\",result=\"passed\"} 900\n"));
  EXPECT_THAT(page,
              HasSubstr("vedette_shed_calls_total{class=\"interactive\",result=\"refused\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("vedette_shed_in_flight{class=\"interactive\"} 80\n"));
  EXPECT_THAT(page, HasSubstr("vedette_shed_flight_limit{class=\"interactive\"} 54\n"));
  EXPECT_THAT(page, HasSubstr("vedette_shed_cpu_ratio 0.9\n"));
}

TEST_F(ShedderTest, ARefusalIsUnavailableForNow) {  // S9
  Serve(kClass);
  Fly(kClass, 80);
  const Result<Shedder::Permit> refused = shedder_.Admit(kClass);
  ASSERT_FALSE(refused);
  EXPECT_EQ(Describe(refused.error().code).http_status, 503);
  EXPECT_EQ(refused.error().retry_after, 1s);
}

TEST_F(ShedderTest, ReportsAreRefusedFirstAndDataCaptureLast) {  // S10
  const auto refused = [&](double usage) {
    cpu_.Set(usage);
    std::string names;
    for (const RateClass rate_class : kRateClasses) {
      if (Refuses(rate_class)) names += std::string(RateClassName(rate_class)) + " ";
    }
    clock_.Advance(1s);
    return names;
  };
  const auto load = [&] {
    cpu_.Set(0);
    flights_ = {};
    for (const RateClass rate_class : kRateClasses) Serve(rate_class);
    for (const RateClass rate_class : kRateClasses) Fly(rate_class, 60);
  };
  load();
  EXPECT_EQ(refused(799), "");
  load();
  EXPECT_EQ(refused(800), "report ");
  load();
  EXPECT_EQ(refused(900), "interactive report ");
  load();
  EXPECT_EQ(refused(949), "interactive report ");
  load();
  EXPECT_EQ(refused(950), "capture interactive report ");
}

TEST_F(ShedderTest, WhileAClassIsRefusedSoAreThoseBelowIt) {
  Serve(RateClass::kCapture);
  Fly(RateClass::kCapture, 80);
  cpu_.Set(1000);
  EXPECT_FALSE(Refuses(RateClass::kInteractive));
  ASSERT_TRUE(Refuses(RateClass::kCapture));
  EXPECT_TRUE(Refuses(RateClass::kInteractive));
  EXPECT_TRUE(Refuses(RateClass::kReport));
  EXPECT_EQ(shedder_.Snapshot()[2].refused, 1);
  EXPECT_FALSE(shedder_.IsShedding(RateClass::kReport)) << "of itself it did not";
  cpu_.Set(0);
  clock_.Advance(1s);
  EXPECT_FALSE(Refuses(RateClass::kInteractive));
}

TEST_F(ShedderTest, SlowReportsDoNotCrowdDataCaptureOut) {  // S10
  Serve(RateClass::kCapture);
  Serve(RateClass::kReport);
  Fly(RateClass::kReport, 1000);
  Fly(RateClass::kCapture, 5);
  cpu_.Set(1000);
  EXPECT_TRUE(Refuses(RateClass::kReport));
  EXPECT_FALSE(Refuses(RateClass::kCapture));
}

TEST_F(ShedderTest, APermitEndsOnce) {
  {
    Result<Shedder::Permit> permit = shedder_.Admit(kClass);
    Shedder::Permit moved = *std::move(permit);
    permit->Pass();
    moved.Pass();
    moved.Fail();
  }
  EXPECT_EQ(shedder_.Snapshot()[1].flying, 0);
  EXPECT_EQ(shedder_.Snapshot()[1].passed, 1);
  EXPECT_EQ(shedder_.Snapshot()[1].failed, 0);
}

TEST_F(ShedderTest, TwoServersCountApart) {
  MetricsRegistry metrics;
  Shedder http({}, cpu_, clock_, metrics, {{"server", "http"}});
  Shedder grpc({}, cpu_, clock_, metrics, {{"server", "grpc"}});
  const Result<Shedder::Permit> permit = http.Admit(kClass);
  EXPECT_THAT(metrics.Expose(),
              HasSubstr("vedette_shed_in_flight{class=\"interactive\",server=\"http\"} 1\n"));
  EXPECT_THAT(metrics.Expose(),
              HasSubstr("vedette_shed_in_flight{class=\"interactive\",server=\"grpc\"} 0\n"));
}

TEST_F(ShedderTest, ItsMetricsOutliveIt) {
  MetricsRegistry metrics;
  {
    const Shedder shedder({}, cpu_, clock_, metrics);
  }
  EXPECT_THAT(metrics.Expose(), HasSubstr("vedette_shed_cpu_ratio NaN\n"));
}

TEST_F(ShedderTest, IsSafeUnderThreads) {  // B6
  const SystemClock clock;
  MetricsRegistry metrics;
  cpu_.Set(1000);
  Shedder shedder({.window = 100ms, .buckets = 10}, cpu_, clock, metrics);
  constexpr int kThreads = 4;
  constexpr int kCalls = 5000;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kCalls; ++i) {
        Result<Shedder::Permit> permit = shedder.Admit(kClass);
        if (permit && i % 2 == 0) permit->Pass();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Shedder::State state = shedder.Snapshot()[1];
  EXPECT_EQ(state.flying, 0);
  EXPECT_EQ(state.passed + state.failed + state.refused, kThreads * kCalls);
}

}  // namespace
}  // namespace vedette
