// SPDX-License-Identifier: Apache-2.0
#include "services/trial/logic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/log_capture.h"
#include "model/role_table.h"

namespace vedette::trial {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Item Pulse() {
  return {
      .code = "PULSE", .name = "Pulse", .domain = "VS", .type = ItemType::kNumber, .unit = "/min"};
}

CallContext As(std::vector<Grant> grants) {
  CallContext context;
  context.principal = std::make_shared<const Principal>(
      Principal{.subject = "u1", .name = "ann", .grants = std::move(grants)});
  return context;
}

CallContext Administrator() { return As({{"administrator", "*", "*"}}); }

class TrialLogicTest : public ::testing::Test {
 protected:
  TrialLogicTest() { EXPECT_TRUE(Create("S1")); }
  ~TrialLogicTest() override {
    runtime_.RunBlocking([&] { return cache_.Close(); });
  }

  Result<Study> Create(const std::string& id) {
    return Await<Result<Study>>(
        runtime_, [&] { return logic_.CreateStudy(Administrator(), id, "Study", "II"); });
  }
  Result<Study> Get(const std::string& id) {
    return Await<Result<Study>>(runtime_, [&] { return logic_.GetStudy(Administrator(), id); });
  }
  std::vector<std::string> Studies(CallContext context) {
    const auto studies =
        Await<Result<std::vector<Study>>>(runtime_, [&] { return logic_.ListStudies(context); });
    std::vector<std::string> ids;
    for (const Study& study : studies.value()) ids.push_back(study.id);
    return ids;
  }
  std::vector<std::string> Sites(CallContext context) {
    const auto sites =
        Await<Result<std::vector<Site>>>(runtime_, [&] { return logic_.ListSites(context, "S1"); });
    std::vector<std::string> ids;
    for (const Site& site : sites.value()) ids.push_back(site.id);
    return ids;
  }
  Result<PutOutcome> PutSites(CallContext context, std::vector<Site> sites) {
    return Await<Result<PutOutcome>>(runtime_,
                                     [&] { return logic_.PutSites(context, "S1", sites); });
  }
  Result<PutOutcome> PutItems(CallContext context, std::vector<Item> items) {
    return Await<Result<PutOutcome>>(runtime_,
                                     [&] { return logic_.PutItems(context, "S1", items); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ =
      testkit::OpenTestDatabase(testkit::DatabaseKind::kSqlite, runtime_, Migrations());
  FakeClock clock_;
  Authorizer authorizer_{DefaultRoleTable()};
  TrialStore store_{*database_};
  MetricsRegistry metrics_;
  StudyCache cache_{store_, {}, nullptr, clock_, metrics_, Logger()};
  TrialLogic logic_{store_, cache_, clock_, authorizer_, Logger()};
};

TEST_F(TrialLogicTest, AStudyBeginsActiveAtRevisionOne) {
  const auto study = Get("S1");
  ASSERT_TRUE(study);
  EXPECT_EQ(study->status, StudyStatus::kActive);
  EXPECT_EQ(study->created_at, FakeClock::kStart);
  EXPECT_EQ(study->revision, 1);
}

TEST_F(TrialLogicTest, WhoAdministersOneStudyCreatesNoOther) {
  const auto created = Await<Result<Study>>(runtime_, [&] {
    return logic_.CreateStudy(As({{"administrator", "S1", "*"}}), "S2", "Study", "II");
  });
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Code::kPermissionDenied);
}

TEST_F(TrialLogicTest, ListsTheStudiesTheCallerMayRead) {
  ASSERT_TRUE(Create("S2"));
  ASSERT_TRUE(Create("S3"));
  EXPECT_THAT(Studies(Administrator()), ElementsAre("S1", "S2", "S3"));
  EXPECT_THAT(Studies(As({{"cra", "S2", "701"}, {"auditor", "S3", "*"}})), ElementsAre("S2", "S3"));
  EXPECT_THAT(Studies(As({})), IsEmpty());
}

TEST_F(TrialLogicTest, ListsTheSitesTheCallerMayRead) {
  ASSERT_TRUE(PutSites(Administrator(), {{"701", "", ""}, {"702", "", ""}}));
  EXPECT_THAT(Sites(As({{"cra", "S1", "*"}})), ElementsAre("701", "702"));
  EXPECT_THAT(Sites(As({{"cra", "S1", "702"}})), ElementsAre("702"));
}

TEST_F(TrialLogicTest, CountsWhatItCreatedAndUpdated) {
  EXPECT_EQ(PutSites(Administrator(), {{"701", "", ""}, {"702", "", ""}}), (PutOutcome{2, 0, 2}));
  EXPECT_EQ(PutSites(Administrator(), {{"702", "Two", ""}, {"703", "", ""}, {"701", "", ""}}),
            (PutOutcome{1, 1, 3}));
  EXPECT_EQ(PutItems(Administrator(), {Pulse()}), (PutOutcome{1, 0, 4}));
  Item renamed = Pulse();
  renamed.name = "Heart Rate";
  EXPECT_EQ(PutItems(Administrator(), {renamed}), (PutOutcome{0, 1, 5}));
}

TEST_F(TrialLogicTest, PuttingTheSameAgainChangesNothing) {
  ASSERT_TRUE(PutSites(Administrator(), {{"701", "", ""}}));
  ASSERT_TRUE(PutItems(Administrator(), {Pulse()}));
  EXPECT_EQ(PutSites(Administrator(), {{"701", "", ""}}), (PutOutcome{0, 0, 3}));
  EXPECT_EQ(PutItems(Administrator(), {Pulse()}), (PutOutcome{0, 0, 3}));
  EXPECT_EQ(Get("S1")->revision, 3);
}

TEST_F(TrialLogicTest, OneWrongItemKeepsAllOut) {
  ASSERT_TRUE(PutItems(Administrator(), {Pulse()}));
  Item other = Pulse();
  other.code = "OTHER";
  Item wrong = Pulse();
  wrong.unit = "Hz";
  const auto put = PutItems(Administrator(), {other, wrong});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::kFailedPrecondition);
  const auto dictionary =
      Await<Result<Dictionary>>(runtime_, [&] { return logic_.ListItems(Administrator(), "S1"); });
  EXPECT_THAT(dictionary->items, ElementsAre(Pulse()));
  EXPECT_EQ(dictionary->revision, 2);
}

TEST_F(TrialLogicTest, WhoManagesOneSiteCannotChangeTheStudy) {
  const CallContext one_site = As({{"data_manager", "S1", "701"}});
  const auto items = PutItems(one_site, {Pulse()});
  ASSERT_FALSE(items);
  EXPECT_EQ(items.error().code, Code::kPermissionDenied);
  EXPECT_EQ(PutSites(one_site, {{"701", "", ""}}).error().code, Code::kPermissionDenied);
  EXPECT_TRUE(PutItems(As({{"data_manager", "S1", "*"}}), {Pulse()}));
}

TEST_F(TrialLogicTest, WhoIsBlindedCannotUncoverWhatTellsTheTreatment) {
  Item arm{.code = "ARM", .name = "Arm", .domain = "DM", .type = ItemType::kText};
  arm.unblinding = true;
  const CallContext blinded = As({{"data_manager", "S1", "*"}});
  ASSERT_TRUE(PutItems(blinded, {arm}));
  arm.unblinding = false;
  const auto refused = PutItems(blinded, {arm});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kPermissionDenied);
  EXPECT_TRUE(PutItems(Administrator(), {arm}));
}

Task<void> PutManySites(TrialLogic* logic, int count) {
  std::vector<Task<Result<PutOutcome>>> puts;
  for (int i = 0; i < count; ++i) {
    puts.push_back(logic->PutSites(Administrator(), "S1", {{std::to_string(700 + i), "", ""}}));
  }
  const auto outcomes = co_await WhenAll(std::move(puts));
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome);
}

TEST_F(TrialLogicTest, ConcurrentChangesEachGrowTheRevision) {
  runtime_.RunBlocking([&] { return PutManySites(&logic_, 8); });
  EXPECT_EQ(Get("S1")->revision, 9);
  EXPECT_THAT(Sites(Administrator()), SizeIs(8));
}

}  // namespace
}  // namespace vedette::trial
