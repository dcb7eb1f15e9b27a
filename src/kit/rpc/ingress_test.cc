// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/ingress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/rpc/ingress_limits.h"
#include "kit/rpc/testing/fake_limiter.h"
#include "kit/shed/cpu_reader.h"
#include "kit/task/runtime.h"
#include "kit/testing/fake_clock.h"

namespace vedette::rpc {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr MethodInfo Info(std::string_view label,
                          RateClass rate_class,
                          std::string_view feature = {},
                          bool streams = false) {
  MethodInfo info{.label = label, .rate_class = rate_class, .feature = feature};
  info.streams = streams;
  return info;
}

constexpr MethodInfo kCapture = Info("edc.Save", RateClass::kCapture);
constexpr MethodInfo kInteractive = Info("trial.GetStudy", RateClass::kInteractive);
constexpr MethodInfo kReport = Info("report.Preview", RateClass::kReport, "preview");
constexpr MethodInfo kStream = Info("monitor.Watch", RateClass::kInteractive, {}, true);

std::shared_ptr<const Principal> User(std::string subject, bool is_service = false) {
  Principal principal;
  principal.subject = std::move(subject);
  principal.is_service = is_service;
  return std::make_shared<const Principal>(std::move(principal));
}

class IngressTest : public ::testing::Test {
 protected:
  Ingress& MakeIngress(IngressOptions options = {}) {
    ingress_.emplace(std::move(options), IngressDependencies{.clock = clock_,
                                                             .random = random_,
                                                             .metrics = metrics_,
                                                             .shedder = &shedder_,
                                                             .degradation = &degradation_,
                                                             .limiter = &limiter_});
    return *ingress_;
  }

  // So many calls come in and end like this; how many came in.
  int Serve(Entrance& entrance, int count, const Error* error) {
    int served = 0;
    for (int i = 0; i < count; ++i) {
      if (Result<Permit> permit = entrance.Enter()) {
        permit->End(error);
        ++served;
      }
    }
    return served;
  }

  Status Limit(Entrance& entrance,
               Permit& permit,
               std::shared_ptr<const Principal> principal,
               std::string address = "10.0.0.1") {
    return Await<Status>(
        runtime_, [&] { return entrance.Limit(permit, principal, address, Deadline::None()); });
  }
  Status LimitOnce(Entrance& entrance,
                   std::shared_ptr<const Principal> principal,
                   std::string address = "10.0.0.1") {
    Result<Permit> permit = entrance.Enter();
    if (!permit) return Fail(permit.error());
    return Limit(entrance, *permit, std::move(principal), std::move(address));
  }

  std::uint64_t Refused(const MethodInfo& info, std::string reason) {
    return metrics_
        .GetCounter("vedette_ingress_refused_total", "",
                    {{"method", std::string(info.label)}, {"reason", reason}})
        .Value();
  }

  FakeClock clock_;
  SeededRandom random_{7};
  MetricsRegistry metrics_;
  Runtime runtime_{1};
  FixedCpuReader cpu_{0};
  Shedder shedder_{{.window = 1s,
                    .buckets = 10,
                    .report_wait = 0ms,
                    .interactive_wait = 0ms,
                    .capture_wait = 0ms},
                   cpu_,
                   clock_,
                   metrics_};
  Degradation degradation_{&shedder_, metrics_};
  testing::FakeLimiter limiter_;
  std::optional<Ingress> ingress_;
};

TEST_F(IngressTest, RefusalsAndTheCallersFaultsNeverOpenTheBreaker) {  // K-REST
  Entrance& entrance = MakeIngress().At(kInteractive);
  Error busy{Code::kUnavailable, "later"};
  busy.retry_after = 1s;
  for (const Error& error : {Error{Code::kInvalidArgument, ""}, Error{Code::kUnauthenticated, ""},
                             Error{Code::kNotFound, ""}, Error{Code::kResourceExhausted, ""},
                             Error{Code::kCancelled, ""}, busy}) {
    EXPECT_EQ(Serve(entrance, 1000, &error), 1000) << Describe(error.code).name;
  }
}

TEST_F(IngressTest, FailuresOpenTheBreakerAndItsRefusalIsUnavailable) {
  Ingress& ingress = MakeIngress();
  const std::array<std::pair<const MethodInfo*, Code>, 3> failures = {
      {{&kCapture, Code::kInternal},
       {&kInteractive, Code::kDeadlineExceeded},
       {&kReport, Code::kUnavailable}}};
  for (const auto& [info, code] : failures) {
    Entrance& entrance = ingress.At(*info);
    const Error error{code, ""};
    EXPECT_LT(Serve(entrance, 1000, &error), 500) << Describe(code).name;
    Result<Permit> permit = entrance.Enter();
    while (permit) permit = entrance.Enter();
    EXPECT_EQ(permit.error().code, Code::kUnavailable);
    EXPECT_TRUE(permit.error().retry_after);
    EXPECT_EQ(Describe(permit.error().code).http_status, 503);
    EXPECT_GT(Refused(*info, "breaker"), 500U);
  }
}

TEST_F(IngressTest, BreakersAreOneForEachOperation) {
  Ingress& ingress = MakeIngress();
  const Error error{Code::kInternal, ""};
  Serve(ingress.At(kInteractive), 1000, &error);
  EXPECT_EQ(Serve(ingress.At(kCapture), 100, nullptr), 100);
  EXPECT_EQ(&ingress.At(kInteractive), &ingress.At(kInteractive));
  const Ingress::State state = ingress.Snapshot();
  ASSERT_EQ(state.operations.size(), 2U);
  EXPECT_EQ(state.operations[0].label, "edc.Save");
  EXPECT_EQ(state.operations[0].breaker->refusal_probability, 0);
  EXPECT_GT(state.operations[1].breaker->refusal_probability, 0.5);
  EXPECT_EQ(state.operations[1].breaker->reasons.at(0).second, "INTERNAL");
}

TEST_F(IngressTest, AClientInAHurryDoesNotOpenTheBreakerForOthers) {
  Entrance& entrance = MakeIngress().At(kInteractive);
  const Error late{Code::kDeadlineExceeded, ""};
  for (int i = 0; i < 1000; ++i) {
    Result<Permit> permit = entrance.Enter();
    ASSERT_TRUE(permit) << i;
    bool shortened = false;
    entrance.DeadlineFor(Deadline::After(clock_, 1ms), shortened);
    permit->set_shortened(shortened);
    permit->End(&late);
  }
}

TEST_F(IngressTest, TheContractsTimeoutHoldsAndMayOnlyBeShortened) {
  MethodInfo quick = kInteractive;
  quick.label = "trial.Quick";
  quick.timeout = 2s;
  Ingress& ingress = MakeIngress({.default_timeout = 10s});
  bool shortened = true;
  const SteadyTime now = clock_.SteadyNow();
  EXPECT_EQ(ingress.At(quick).DeadlineFor({}, shortened).time, now + 2s);
  EXPECT_FALSE(shortened);
  EXPECT_EQ(ingress.At(quick).DeadlineFor({now + 1min}, shortened).time, now + 2s);
  EXPECT_FALSE(shortened);
  EXPECT_EQ(ingress.At(quick).DeadlineFor({now + 1s}, shortened).time, now + 1s);
  EXPECT_TRUE(shortened);
  EXPECT_EQ(ingress.At(kInteractive).DeadlineFor({}, shortened).time, now + 10s);
  // A stream has no time of its own.
  EXPECT_FALSE(ingress.At(kStream).DeadlineFor({}, shortened).IsSet());
  EXPECT_FALSE(shortened);
}

TEST_F(IngressTest, AFeatureThatIsOffIsRefusedAtOnce) {
  Ingress& ingress = MakeIngress();
  EXPECT_FALSE(degradation_.SetManual({"preview"}, {})) << "no operation has named it yet";
  Entrance& entrance = ingress.At(kReport);
  ASSERT_TRUE(degradation_.SetManual({"preview"}, {}));
  const Result<Permit> refused = entrance.Enter();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_TRUE(refused.error().retry_after);
  EXPECT_TRUE(ingress.At(kInteractive).Enter());
  EXPECT_EQ(Refused(kReport, "degraded"), 1U);
  EXPECT_EQ(Serve(ingress.At(kReport), 1000, nullptr), 0);
  ASSERT_TRUE(degradation_.SetManual({}, {}));
  EXPECT_EQ(Serve(ingress.At(kReport), 1, nullptr), 1) << "refusing is no failure";
}

// S9: 54 calls of each class may fly; 80 do. The processors decide who is refused.
TEST_F(IngressTest, DataCaptureOutlivesInteractiveWorkAndReports) {
  Ingress& ingress = MakeIngress();
  std::vector<Permit> flights;
  MethodInfo report = kReport;
  report.feature = {};
  report.label = "report.Export";
  const std::array<Entrance*, 3> entrances = {&ingress.At(kCapture), &ingress.At(kInteractive),
                                              &ingress.At(report)};
  for (Entrance* entrance : entrances) {
    std::vector<Permit> served;
    for (int i = 0; i < 900; ++i) served.push_back(*entrance->Enter());
    clock_.Advance(6ms);
    for (Permit& permit : served) permit.End(nullptr);
    clock_.Advance(94ms);
  }
  const Error gone{Code::kCancelled, ""};
  for (Entrance* entrance : entrances) {
    for (int i = 0; i < 80; ++i) flights.push_back(*entrance->Enter());
    Serve(*entrance, 500, &gone);
  }
  const auto admitted = [&](double usage) {
    cpu_.Set(usage);
    std::array<bool, 3> result{};
    for (std::size_t i = 0; i < entrances.size(); ++i) {
      result[i] = entrances[i]->Enter().has_value();
    }
    clock_.Advance(2s / 10);  // past nothing but a bucket
    return result;
  };
  EXPECT_THAT(admitted(700), ElementsAre(true, true, true));
  EXPECT_THAT(admitted(850), ElementsAre(true, true, false));
  EXPECT_THAT(admitted(920), ElementsAre(true, false, false));
  EXPECT_THAT(admitted(990), ElementsAre(false, false, false));
  EXPECT_EQ(Refused(kInteractive, "shed"), 2U);
}

TEST_F(IngressTest, EachUserHasABudgetForEachClass) {
  Ingress& ingress = MakeIngress(
      {.limits = {.capture = {10, 3}, .interactive = {10, 2}, .report = {0, 0}, .open = {1, 1}}});
  Entrance& interactive = ingress.At(kInteractive);
  EXPECT_TRUE(LimitOnce(interactive, User("maria")));
  EXPECT_TRUE(LimitOnce(interactive, User("maria")));
  const Status refused = LimitOnce(interactive, User("maria"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_EQ(refused.error().retry_after, 2500ms);
  EXPECT_TRUE(LimitOnce(interactive, User("jo")));
  EXPECT_TRUE(LimitOnce(ingress.At(kCapture), User("maria")));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(LimitOnce(ingress.At(kReport), User("maria"))) << "no limit is set";
    EXPECT_TRUE(LimitOnce(interactive, User("monitor", true))) << "a service of ours";
  }
  EXPECT_TRUE(LimitOnce(interactive, nullptr, "10.0.0.1"));
  EXPECT_FALSE(LimitOnce(interactive, nullptr, "10.0.0.1"));
  EXPECT_TRUE(LimitOnce(interactive, nullptr, "10.0.0.2"));
  EXPECT_EQ(Refused(kInteractive, "budget"), 2U);
  EXPECT_THAT(
      limiter_.taken(),
      ElementsAre(Pair("class:capture:user:maria", 1), Pair("class:interactive:user:jo", 1),
                  Pair("class:interactive:user:maria", 2), Pair("class:open:address:10.0.0.1", 1),
                  Pair("class:open:address:10.0.0.2", 1)));
}

TEST_F(IngressTest, ThePermitTellsOfTheTightestBudget) {
  Ingress& ingress =
      MakeIngress({.limits = {.interactive = {4, 10}, .operations = {"trial.GetStudy=0.5/2"}}});
  Entrance& entrance = ingress.At(kInteractive);
  Result<Permit> permit = entrance.Enter();
  ASSERT_TRUE(permit);
  EXPECT_FALSE(permit->budget());
  ASSERT_TRUE(Limit(entrance, *permit, User("maria")));
  ASSERT_TRUE(permit->budget());
  EXPECT_EQ(permit->budget()->PolicyField(), "\"trial.GetStudy\";q=2;w=4");
  EXPECT_EQ(permit->budget()->StateField(), "\"trial.GetStudy\";r=1;t=2");
  ASSERT_TRUE(LimitOnce(entrance, User("maria")));
  Result<Permit> refused = entrance.Enter();
  EXPECT_FALSE(Limit(entrance, *refused, User("maria")));
  EXPECT_EQ(refused->budget()->StateField(), "\"trial.GetStudy\";r=0;t=3");
}

TEST_F(IngressTest, LimitsChangeWhileItRunsAndWrongOnesChangeNothing) {
  Ingress& ingress = MakeIngress({.limits = {.interactive = {1, 1}}});
  Entrance& entrance = ingress.At(kInteractive);
  EXPECT_TRUE(LimitOnce(entrance, User("maria")));
  EXPECT_FALSE(LimitOnce(entrance, User("maria")));
  for (const char* wrong : {"", "a", "a=1", "a=/1", "=1/1", "a=0/1", "a=1/0", "a=1/1x", "a=nan/1",
                            "a=inf/1", "a=-1/1", "a=1e10/1", "a=1/9223372036854775807"}) {
    EXPECT_FALSE(ingress.SetLimits({.operations = {wrong}})) << wrong;
  }
  EXPECT_FALSE(ingress.SetLimits({.capture = {1, 0}}));
  EXPECT_FALSE(LimitOnce(entrance, User("maria")));
  EXPECT_TRUE(ingress.SetLimits({.interactive = {1, 2}}));
  EXPECT_TRUE(LimitOnce(entrance, User("maria")));
  EXPECT_EQ(ingress.Snapshot().limits.interactive.burst, 2);
}

TEST_F(IngressTest, StreamsAreBoundedForEachCallerAndInAll) {
  Ingress& ingress = MakeIngress({.max_streams = 4, .max_streams_per_caller = 2});
  Entrance& entrance = ingress.At(kStream);
  std::vector<Permit> open;
  const auto begin = [&](std::shared_ptr<const Principal> who) {
    Result<Permit> permit = entrance.Enter();
    if (!Limit(entrance, *permit, std::move(who))) return false;
    permit->Established();
    open.push_back(*std::move(permit));
    return true;
  };
  EXPECT_TRUE(begin(User("maria")));
  EXPECT_TRUE(begin(User("maria")));
  EXPECT_FALSE(begin(User("maria")));
  EXPECT_TRUE(begin(User("monitor", true)));
  EXPECT_TRUE(begin(User("jo")));
  EXPECT_FALSE(begin(User("li")));
  EXPECT_FALSE(begin(User("monitor", true)));
  EXPECT_EQ(ingress.Snapshot().streams, 4);
  EXPECT_EQ(Refused(kStream, "streams"), 3U);
  open.erase(open.begin());
  EXPECT_TRUE(begin(User("maria")));
  for (Permit& permit : open) permit.End(nullptr);
  EXPECT_EQ(ingress.Snapshot().streams, 0);
}

TEST_F(IngressTest, AStreamFliesOnlyUntilItIsEstablished) {
  Entrance& entrance = MakeIngress().At(kStream);
  Result<Permit> permit = entrance.Enter();
  EXPECT_EQ(shedder_.Snapshot()[1].flying, 1);
  permit->Established();
  EXPECT_EQ(shedder_.Snapshot()[1].flying, 0);
  EXPECT_EQ(shedder_.Snapshot()[1].passed, 1U);
  const Error error{Code::kInternal, ""};
  permit->End(&error);
  EXPECT_EQ(ingress_->Snapshot().operations[0].breaker->failed, 0);
}

TEST(ClientAddressTest, IsTheOneThatATrustedProxyWrote) {
  EXPECT_EQ(ClientAddress("10.1.2.3", "1.1.1.1", 0), "10.1.2.3");
  EXPECT_EQ(ClientAddress("10.1.2.3", "6.6.6.6, 1.1.1.1", 1), "1.1.1.1");
  EXPECT_EQ(ClientAddress("10.1.2.3", "6.6.6.6 ,\t1.1.1.1, 2.2.2.2", 2), "1.1.1.1");
  EXPECT_EQ(ClientAddress("10.1.2.3", "", 1), "10.1.2.3");
  EXPECT_EQ(ClientAddress("10.1.2.3", "unknown", 1), "10.1.2.3");
  EXPECT_EQ(ClientAddress("2001:db8:1:2:3:4:5:6", "", 0), "2001:db8:1:2::/64");
  EXPECT_EQ(ClientAddress("::ffff:10.1.2.3", "", 0), "10.1.2.3");
  EXPECT_EQ(ClientAddress("unix", "", 0), "unix");
}

}  // namespace
}  // namespace vedette::rpc
