// SPDX-License-Identifier: Apache-2.0
#include "services/rule/logic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "services/rule/backtest_test_support.h"
#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testkit::DatabaseKind;

// Takes one password, and knows the caller by the token.
class FixedSignatures final : public SignatureCheck {
 public:
  Task<Result<Signer>> Confirm(CallContext context, Sensitive<std::string> password) override {
    if (password.Reveal() != "right") co_return Fail(Code::kUnauthenticated, "wrong");
    co_return Signer{context.principal->subject, "Dr " + context.principal->subject};
  }
};

// Keeps each message; leaves once `enough` says so.
class Collector final : public VersionSink {
 public:
  struct Message {
    bool complete;
    std::vector<RuleVersion> versions;
  };
  using Messages = std::vector<Message>;
  explicit Collector(std::function<bool(const Messages&)> enough) : enough_(std::move(enough)) {}

  Task<bool> Write(bool complete, std::vector<RuleVersion> versions) override {
    messages.push_back({complete, std::move(versions)});
    first.Set();
    co_return !enough_(messages);
  }

  Messages messages;
  Signal first;

 private:
  std::function<bool(const Messages&)> enough_;
};

// The status that was told last of a rule's version; nullopt when none was.
std::optional<RuleStatus> Told(const Collector::Messages& messages, std::string_view rule) {
  std::optional<RuleStatus> status;
  for (const auto& message : messages) {
    for (const RuleVersion& version : message.versions) {
      if (version.rule_id == rule) status = version.status;
    }
  }
  return status;
}

Task<void> WatchInto(RuleLogic* logic,
                     CallContext context,
                     Collector* collector,
                     std::optional<Status>* ended) {
  *ended = co_await logic->Watch(std::move(context), *collector);
}

class RuleLogicTest : public ::testing::TestWithParam<DatabaseKind> {
 protected:
  RuleLogicTest()
      : database_(testkit::OpenTestDatabase(GetParam(), runtime_, Migrations())),
        store_(*database_),
        process_(*database_, catalogs_, history_, clock_, runtime_),
        authorizer_(
            RoleTable{{"manager", {"rule.read", "rule.write", "rule.sign", "rule.activate"}},
                      {"unblinded", {"alert.unblinded"}}}),
        logic_(Parts(), {.poll_interval = std::chrono::hours(1), .require_signature = false}),
        strict_(Parts(), {.poll_interval = std::chrono::hours(1)}) {
    context_.deadline = Deadline::After(SystemClock(), std::chrono::seconds(30));
    context_.principal = Caller("*");
  }

  ~RuleLogicTest() override { process_.Stop(); }

  RuleLogic::Dependencies Parts() {
    return {.store = store_,
            .catalogs = catalogs_,
            .backtests = process_.backtests,
            .signatures = signatures_,
            .authorizer = authorizer_,
            .clock = clock_,
            .logger = Logger()};
  }

  static std::shared_ptr<const Principal> Caller(std::string site, std::string user = "u1") {
    return std::make_shared<const Principal>(
        Principal{.subject = std::move(user), .grants = {{"manager", "S1", std::move(site)}}});
  }

  static std::shared_ptr<const Principal> Unblinded() {
    return std::make_shared<const Principal>(
        Principal{.subject = "u3", .grants = {{"manager", "S1", "*"}, {"unblinded", "S1", "*"}}});
  }

  static Threshold Spec(std::string rule = "HIGH") {
    return {.rule_id = std::move(rule),
            .name = "High",
            .item = "SYSBP",
            .value = 140,
            .unit = "mmHg",
            .severity = rules::Severity::kWarning,
            .message = "{value}"};
  }

  template <class T>
  T Run(std::move_only_function<Task<T>()> work) {
    return Await<T>(runtime_, std::move(work));
  }
  Result<RuleVersion> Create(Threshold spec) {
    return Run<Result<RuleVersion>>([&] { return logic_.CreateVersion(context_, "S1", spec); });
  }
  Result<RuleVersion> Sign(std::string user, std::string password = "right") {
    CallContext context = context_;
    context.principal = Caller("*", std::move(user));
    return Run<Result<RuleVersion>>([&] {
      return strict_.Sign(context, "S1", "HIGH", 0, Sensitive<std::string>(password), "approved");
    });
  }
  Result<Backtest> StartBacktest(BacktestOrder order) {
    return Run<Result<Backtest>>([&] { return logic_.StartBacktest(context_, "S1", order); });
  }
  Result<Backtest> GetBacktest(const std::string& id) {
    return Run<Result<Backtest>>([&] { return logic_.GetBacktest(context_, "S1", id); });
  }
  // Once it has ended.
  Result<Backtest> Ended(const std::string& id) {
    return Run<Result<Backtest>>(
        [&]() -> Task<Result<Backtest>> { return UntilEnded(&logic_, context_, id); });
  }
  static Task<Result<Backtest>> UntilEnded(RuleLogic* logic, CallContext context, std::string id) {
    while (true) {
      auto backtest = co_await logic->GetBacktest(context, "S1", id);
      if (!backtest || backtest->ended_at != Timestamp{}) co_return backtest;
      co_await SleepFor(std::chrono::milliseconds(1));
    }
  }
  Result<RuleVersion> Activate(std::string rule, int version) {
    return Run<Result<RuleVersion>>([&] { return logic_.Activate(context_, "S1", rule, version); });
  }
  Result<RuleVersion> Retire(std::string rule) {
    return Run<Result<RuleVersion>>([&] { return logic_.Retire(context_, "S1", rule); });
  }
  std::vector<RuleVersion> List(std::string status = "") {
    return *Run<Result<std::vector<RuleVersion>>>(
        [&] { return logic_.List(context_, "S1", status); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_;
  FakeClock clock_;
  RuleStore store_;
  FixedCatalog catalogs_;
  FixedHistory history_;
  FixedSignatures signatures_;
  BacktestProcess process_;
  Authorizer authorizer_;
  RuleLogic logic_;
  RuleLogic strict_;  // asks for signatures
  CallContext context_;
};

TEST_P(RuleLogicTest, NumbersVersionsAndKeepsThem) {
  const auto first = Create(Spec());
  ASSERT_TRUE(first) << first.error().message;
  Threshold changed = Spec();
  changed.value = 150;
  const auto second = Create(changed);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->version, 1);
  EXPECT_EQ(second->version, 2);
  EXPECT_EQ(second->created_by, "u1");
  EXPECT_NE(first->content_hash, second->content_hash);
  EXPECT_THAT(List(), ElementsAre(*first, *second));
}

TEST_P(RuleLogicTest, RefusesWhatDoesNotFitTheDictionary) {
  Threshold spec = Spec();
  spec.item = "SYSPB";
  const auto version = Create(spec);
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, Code::kInvalidArgument);
  EXPECT_THAT(version.error().violations.at(0).description, HasSubstr("did you mean SYSBP?"));
  EXPECT_THAT(List(), IsEmpty());
}

TEST_P(RuleLogicTest, ActivationHandsOverWithoutGapAndGrowsStrictly) {
  Create(Spec());
  Create(Spec());
  const auto first = Activate("HIGH", 1);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->status, RuleStatus::kActive);
  // The wall clock stands still, and then runs back.
  const auto second = Activate("HIGH", 2);
  ASSERT_TRUE(second);
  EXPECT_GT(second->period.from, first->period.from);
  clock_.SetNow(FakeClock::kStart - std::chrono::hours(1));
  const auto retired = Retire("HIGH");
  ASSERT_TRUE(retired);
  EXPECT_GT(retired->period.until, second->period.from);

  const auto versions = List();
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].status, RuleStatus::kRetired);
  EXPECT_EQ(versions[0].period.until, second->period.from);
  EXPECT_EQ(versions[1], *retired);
  EXPECT_EQ(Activate("HIGH", 1).error().code, Code::kFailedPrecondition);
}

TEST_P(RuleLogicTest, RepeatingAChangeChangesNothing) {
  Create(Spec());
  const auto once = Activate("HIGH", 0);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Activate("HIGH", 0), once);
  const auto ended = Retire("HIGH");
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Retire("HIGH"), ended);
  EXPECT_EQ(Retire("NONE").error().code, Code::kNotFound);
}

TEST_P(RuleLogicTest, NeedsThePermissionOnAllSites) {
  Create(Spec());
  context_.principal = Caller("701");
  EXPECT_EQ(Create(Spec()).error().code, Code::kPermissionDenied);
  EXPECT_EQ(Activate("HIGH", 1).error().code, Code::kPermissionDenied);
  EXPECT_EQ(Retire("HIGH").error().code, Code::kPermissionDenied);
}

TEST_P(RuleLogicTest, GetsVersionsOfTheStudyById) {
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(Create(Spec())->version_id);
  ids.push_back("unknown");
  const auto all = Run<Result<std::vector<RuleVersion>>>(
      [&] { return logic_.GetVersions(context_, "S1", ids); });
  EXPECT_EQ(all->size(), 10u);
  const auto one = Run<Result<std::vector<RuleVersion>>>(
      [&] { return logic_.GetVersions(context_, "S1", {ids[3], "unknown"}); });
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ(one->front().version_id, ids[3]);
  const auto foreign = Run<Result<std::vector<RuleVersion>>>(
      [&] { return logic_.GetVersions(context_, "S2", {ids[3]}); });
  EXPECT_THAT(*foreign, IsEmpty());
}

TEST_P(RuleLogicTest, TheDatabaseRefusesToChangeWhatAVersionSays) {
  Create(Spec());
  constexpr db::Sql kUpdate{"test_update", "UPDATE rule_version SET definition = ''"};
  constexpr db::Sql kDelete{"test_delete", "DELETE FROM rule_version"};
  for (const db::Sql statement : {kUpdate, kDelete}) {
    const auto result =
        Run<Result<db::Rows>>([&] { return database_->Query(context_.deadline, statement); });
    ASSERT_FALSE(result) << statement.name;
  }
  EXPECT_THAT(List().at(0).definition, HasSubstr("140.0"));
}

TEST_P(RuleLogicTest, AWatcherHearsTheWholeAndThenEachChange) {
  Create(Spec("A"));
  Create(Spec("B"));  // a draft is nobody's concern
  ASSERT_TRUE(Activate("A", 1));
  // The two changes may come together or one after the other.
  Collector collector([](const Collector::Messages& messages) {
    return Told(messages, "A") == RuleStatus::kRetired &&
           Told(messages, "B") == RuleStatus::kActive;
  });
  TaskGroup tasks{Logger()};
  std::optional<Status> ended;
  tasks.Spawn(runtime_.At(0), "watch",
              [&] { return WatchInto(&logic_, context_, &collector, &ended); });
  ASSERT_TRUE(Run<bool>([&] { return collector.first.Wait(); }));
  ASSERT_TRUE(Activate("B", 1));
  ASSERT_TRUE(Retire("A"));
  runtime_.RunBlocking([&] { return tasks.Join(); });

  EXPECT_EQ(ended, Status{});
  EXPECT_TRUE(collector.messages[0].complete);
  ASSERT_EQ(collector.messages[0].versions.size(), 1u);
  EXPECT_EQ(collector.messages[0].versions[0].status, RuleStatus::kActive);
  for (std::size_t i = 1; i < collector.messages.size(); ++i) {
    EXPECT_FALSE(collector.messages[i].complete);
    EXPECT_FALSE(collector.messages[i].versions.empty());
  }
}

TEST_P(RuleLogicTest, ClosingEndsEveryWatcher) {
  Collector collector([](const Collector::Messages&) { return false; });
  TaskGroup tasks{Logger()};
  std::optional<Status> ended;
  tasks.Spawn(runtime_.At(0), "watch",
              [&] { return WatchInto(&logic_, context_, &collector, &ended); });
  ASSERT_TRUE(Run<bool>([&] { return collector.first.Wait(); }));
  logic_.Close();
  runtime_.RunBlocking([&] { return tasks.Join(); });
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->error().code, Code::kUnavailable);
}

TEST_P(RuleLogicTest, AWatcherLeavesWithItsSink) {
  Collector collector([](const Collector::Messages&) { return true; });
  const auto ended = Run<Status>([&] { return logic_.Watch(context_, collector); });
  EXPECT_TRUE(ended);
  ASSERT_EQ(collector.messages.size(), 1u);
  EXPECT_TRUE(collector.messages[0].complete);
  EXPECT_THAT(collector.messages[0].versions, IsEmpty());
}

TEST_P(RuleLogicTest, FromDraftToWorkTakesTestsABacktestAndASecondPerson) {
  ASSERT_TRUE(Create(Spec()));
  const auto activate = [&] {
    return Run<Result<RuleVersion>>([&] { return strict_.Activate(context_, "S1", "HIGH", 0); });
  };
  EXPECT_EQ(activate().error().code, Code::kFailedPrecondition) << "not signed";
  EXPECT_EQ(Sign("u2").error().code, Code::kFailedPrecondition) << "no back-test";
  const auto started = StartBacktest({.rule_id = "HIGH"});
  ASSERT_TRUE(started) << started.error().message;
  ASSERT_EQ(Ended(started->id)->status, BacktestStatus::kDone);
  EXPECT_EQ(Sign("u1").error().code, Code::kPermissionDenied) << "the author";
  EXPECT_EQ(Sign("u2", "wrong").error().code, Code::kUnauthenticated);
  const auto signed_version = Sign("u2");
  ASSERT_TRUE(signed_version) << signed_version.error().message;
  EXPECT_EQ(List("draft").size(), 0u);
  ASSERT_EQ(List("signed").size(), 1u);
  EXPECT_EQ(List("signed")[0].signatures.at(0).name, "Dr u2");
  EXPECT_EQ(List("signed")[0].backtest_id, started->id);
  const auto active = activate();
  ASSERT_TRUE(active) << active.error().message;
  EXPECT_EQ(active->status, RuleStatus::kActive);
}

TEST_P(RuleLogicTest, ABacktestCountsAndIsKept) {
  ASSERT_TRUE(Create(Spec()));
  const auto started = StartBacktest({.rule_id = "HIGH", .version = 1});
  ASSERT_TRUE(started);
  EXPECT_EQ(started->version, 1);
  const auto ended = Ended(started->id);
  ASSERT_EQ(ended->status, BacktestStatus::kDone) << ended->error;
  EXPECT_EQ(ended->report.events, 3);
  EXPECT_EQ(ended->report.records, 2);
  EXPECT_EQ(ended->report.subjects, 2);
  EXPECT_THAT(ended->report.by_site, ElementsAre(CountedLabel{"B", 2, 2}));
  EXPECT_EQ(ended->report.examples.size(), 2u);
  // Who sees some sites learns the counts and no subject.
  context_.principal = Caller("A");
  const auto seen = GetBacktest(started->id);
  EXPECT_EQ(seen->report.records, 2);
  EXPECT_THAT(seen->report.examples, IsEmpty());
  EXPECT_THAT(seen->report.by_subject, IsEmpty());
  EXPECT_EQ(StartBacktest({.rule_id = "HIGH"}).error().code, Code::kPermissionDenied);
}

TEST_P(RuleLogicTest, ABacktestComparesWithTheActiveVersion) {
  ASSERT_TRUE(Create(Spec()));
  ASSERT_TRUE(Activate("HIGH", 1));
  Threshold stricter = Spec();
  stricter.value = 160;
  ASSERT_TRUE(Create(stricter));
  const auto ended = Ended(StartBacktest({.rule_id = "HIGH"})->id);
  ASSERT_EQ(ended->status, BacktestStatus::kDone) << ended->error;
  EXPECT_EQ(ended->report.compared_with, 1);
  EXPECT_EQ(ended->report.same, 1);
  EXPECT_EQ(ended->report.disappear_count, 1);
  EXPECT_EQ(ended->report.disappear.at(0).subject_number, "701");
  EXPECT_EQ(ended->report.appear_count, 0);
}

TEST_P(RuleLogicTest, AnEnvelopeIsTriedWithoutBeingKept) {
  const auto ended =
      Ended(StartBacktest(
                {.envelope = "rule: X\ntitle: x\nseverity: info\nwhen: vs.SYSBP.value < 140.0\n"})
                ->id);
  ASSERT_EQ(ended->status, BacktestStatus::kDone) << ended->error;
  EXPECT_EQ(ended->rule_id, "X");
  EXPECT_EQ(ended->version, 0);
  EXPECT_EQ(ended->report.records, 1);
  EXPECT_THAT(List(), IsEmpty());
}

TEST_P(RuleLogicTest, ABacktestCanBeCancelledAndTooManyAreRefused) {
  ASSERT_TRUE(Create(Spec()));
  history_.blocked = true;
  const auto started = StartBacktest({.rule_id = "HIGH"});
  ASSERT_TRUE(started);
  const auto refused = StartBacktest({.rule_id = "HIGH"});
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(refused.error().retry_after);
  EXPECT_EQ(GetBacktest(started->id)->status, BacktestStatus::kLoading);
  ASSERT_TRUE(
      Run<Result<Backtest>>([&] { return logic_.CancelBacktest(context_, "S1", started->id); }));
  EXPECT_EQ(Ended(started->id)->status, BacktestStatus::kCancelled);
  EXPECT_THAT(List().at(0).backtest_id, IsEmpty()) << "one that was cancelled proves nothing";
}

TEST_P(RuleLogicTest, WhatWasSignedKeepsItsBacktest) {
  ASSERT_TRUE(Create(Spec()));
  const auto first = Ended(StartBacktest({.rule_id = "HIGH"})->id);
  const auto second = Ended(StartBacktest({.rule_id = "HIGH"})->id);
  ASSERT_EQ(second->status, BacktestStatus::kDone);
  EXPECT_EQ(List().at(0).backtest_id, second->id) << "the newest, until somebody signs";
  ASSERT_TRUE(Sign("u2"));
  ASSERT_EQ(Ended(StartBacktest({.rule_id = "HIGH"})->id)->status, BacktestStatus::kDone);
  EXPECT_EQ(List().at(0).backtest_id, second->id);
}

TEST_P(RuleLogicTest, ABacktestThatTellsTheTreatmentIsForThoseWhoMaySeeIt) {
  const BacktestOrder order{.envelope =
                                "rule: X\ntitle: x\nseverity: info\nwhen: |-\n"
                                "  vs.SYSBP.value > 140.0 && subject.arm == \"ACTIVE\"\n"};
  const auto refused = StartBacktest(order);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kPermissionDenied);
  context_.principal = Unblinded();
  const auto started = StartBacktest(order);
  ASSERT_TRUE(started) << started.error().message;
  const auto seen = Ended(started->id);
  ASSERT_EQ(seen->status, BacktestStatus::kDone) << seen->error;
  EXPECT_EQ(seen->report.events, 3);
  context_.principal = Caller("*");
  EXPECT_EQ(GetBacktest(started->id)->report, BacktestReport{});
  const auto cancelled =
      Run<Result<Backtest>>([&] { return logic_.CancelBacktest(context_, "S1", started->id); });
  EXPECT_EQ(cancelled->report, BacktestReport{});
}

TEST_P(RuleLogicTest, RefusesABacktestOfNothing) {
  EXPECT_EQ(StartBacktest({}).error().violations.at(0).field, "ruleId");
  EXPECT_EQ(StartBacktest({.rule_id = "NONE"}).error().code, Code::kNotFound);
  EXPECT_EQ(StartBacktest({.envelope = "rule: ["}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(GetBacktest("none").error().code, Code::kNotFound);
}

VEDETTE_ON_BOTH_DATABASES(RuleLogicTest);

}  // namespace
}  // namespace vedette::rule
