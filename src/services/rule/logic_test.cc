// SPDX-License-Identifier: Apache-2.0
#include "services/rule/logic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "kit/task/runtime.h"
#include "kit/task/task_group.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "migrations.embed.h"
#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testkit::DatabaseKind;

class FixedDictionary final : public DictionarySource {
 public:
  Task<Result<std::shared_ptr<const StudyDictionary>>> Load(CallContext, std::string) override {
    co_return dictionary;
  }
  std::shared_ptr<const StudyDictionary> dictionary = std::make_shared<const StudyDictionary>(
      "S1", 1, std::vector<ItemDefinition>{{.code = "SYSBP", .unit = "mmHg"}});
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
      if (version.spec.rule_id == rule) status = version.status;
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
      : database_(testkit::OpenTestDatabase(GetParam(), runtime_, kMigrations)),
        store_(*database_),
        authorizer_(RoleTable{{"manager", {"rule.read", "rule.write", "rule.activate"}}}),
        logic_({.store = store_,
                .dictionaries = dictionaries_,
                .authorizer = authorizer_,
                .clock = clock_,
                .logger = Logger()},
               std::chrono::hours(1)) {
    context_.deadline = Deadline::After(SystemClock(), std::chrono::seconds(30));
    context_.principal = Caller("*");
  }

  static std::shared_ptr<const Principal> Caller(std::string site) {
    return std::make_shared<const Principal>(
        Principal{.subject = "u1", .grants = {{"manager", "S1", std::move(site)}}});
  }

  static rules::RuleSpec Spec(std::string rule = "HIGH") {
    return {.study_id = "S1",
            .rule_id = std::move(rule),
            .name = "High",
            .item = "SYSBP",
            .threshold = 140,
            .unit = "mmHg",
            .severity = rules::Severity::kWarning,
            .message = "{value}"};
  }

  template <class T>
  T Run(std::move_only_function<Task<T>()> work) {
    return Await<T>(runtime_, std::move(work));
  }
  Result<RuleVersion> Create(rules::RuleSpec spec) {
    return Run<Result<RuleVersion>>([&] { return logic_.CreateVersion(context_, spec); });
  }
  Result<RuleVersion> Activate(std::string rule, int version) {
    return Run<Result<RuleVersion>>([&] { return logic_.Activate(context_, "S1", rule, version); });
  }
  Result<RuleVersion> Retire(std::string rule) {
    return Run<Result<RuleVersion>>([&] { return logic_.Retire(context_, "S1", rule); });
  }
  std::vector<RuleVersion> List(std::optional<RuleStatus> status = std::nullopt) {
    return *Run<Result<std::vector<RuleVersion>>>(
        [&] { return logic_.List(context_, "S1", status); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_;
  FakeClock clock_;
  RuleStore store_;
  FixedDictionary dictionaries_;
  Authorizer authorizer_;
  RuleLogic logic_;
  CallContext context_;
};

TEST_P(RuleLogicTest, NumbersVersionsAndKeepsThem) {
  const auto first = Create(Spec());
  ASSERT_TRUE(first) << first.error().message;
  rules::RuleSpec changed = Spec();
  changed.threshold = 150;
  const auto second = Create(changed);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->spec.version, 1);
  EXPECT_EQ(second->spec.version, 2);
  EXPECT_EQ(second->created_by, "u1");
  EXPECT_NE(first->spec.content_hash, second->spec.content_hash);
  EXPECT_THAT(List(), ElementsAre(*first, *second));
}

TEST_P(RuleLogicTest, RefusesWhatDoesNotFitTheDictionary) {
  rules::RuleSpec spec = Spec();
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
  for (int i = 0; i < 10; ++i) ids.push_back(Create(Spec())->spec.version_id);
  ids.push_back("unknown");
  const auto all = Run<Result<std::vector<RuleVersion>>>(
      [&] { return logic_.GetVersions(context_, "S1", ids); });
  EXPECT_EQ(all->size(), 10u);
  const auto one = Run<Result<std::vector<RuleVersion>>>(
      [&] { return logic_.GetVersions(context_, "S1", {ids[3], "unknown"}); });
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ(one->front().spec.version_id, ids[3]);
  const auto foreign = Run<Result<std::vector<RuleVersion>>>(
      [&] { return logic_.GetVersions(context_, "S2", {ids[3]}); });
  EXPECT_THAT(*foreign, IsEmpty());
}

TEST_P(RuleLogicTest, TheDatabaseRefusesToChangeWhatAVersionSays) {
  Create(Spec());
  constexpr db::Sql kUpdate{"test_update", "UPDATE rule_version SET threshold = 1"};
  constexpr db::Sql kDelete{"test_delete", "DELETE FROM rule_version"};
  for (const db::Sql statement : {kUpdate, kDelete}) {
    const auto result =
        Run<Result<db::Rows>>([&] { return database_->Query(context_.deadline, statement); });
    ASSERT_FALSE(result) << statement.name;
  }
  EXPECT_EQ(List().at(0).spec.threshold, 140);
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

VEDETTE_ON_BOTH_DATABASES(RuleLogicTest);

}  // namespace
}  // namespace vedette::rule
