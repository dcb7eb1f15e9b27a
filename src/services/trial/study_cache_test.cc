// SPDX-License-Identifier: Apache-2.0
#include "services/trial/study_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "kit/cache/cache_test_support.h"
#include "kit/task/spawn.h"
#include "kit/testing/databases.h"
#include "model/role_table.h"
#include "services/trial/logic.h"

namespace vedette::trial {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

CallContext Administrator() {
  CallContext context;
  context.principal = std::make_shared<const Principal>(
      Principal{.subject = "u1", .name = "ann", .grants = {{"administrator", "*", "*"}}});
  return context;
}

Item Pulse() {
  return {.code = "PULSE",
          .name = "Pulse",
          .domain = "VS",
          .type = ItemType::kNumber,
          .unit = "/min",
          .accepted_units = {{"Hz", 60, 0.5}},
          .plausible_low = 0,
          .plausible_high = std::nullopt,
          .role = ItemRole::kSeries,
          .rule_name = "pulse",
          .expected_every = 3600,
          .unblinding = true};
}

Design FullDesign() {
  return {.visits = {{"V1", "Baseline", 1, 2, 3, "PULSE"}},
          .forms = {{"AE", "Adverse Events", false}},
          .codelists = {{"YESNO", {"N", "Y"}}},
          .indicators = {},
          .first_dose = "EXSTDTC",
          .last_dose = "EXENDTC",
          .visit_reference = "day",
          .grading_version = "CTCAE 5"};
}

// One process that serves studies.
struct Process {
  Process(db::Database& database, const Clock& clock, cache::CacheStore* shared = nullptr)
      : store(database),
        cache(store, {}, shared, clock, metrics, Logger()),
        logic(store, cache, clock, authorizer, Logger()) {}

  MetricsRegistry metrics;
  Authorizer authorizer{DefaultRoleTable()};
  TrialStore store;
  StudyCache cache;
  TrialLogic logic;
};

class StudyCacheTest : public ::testing::Test {
 protected:
  ~StudyCacheTest() override {
    for (Process* process : {&here_, &there_, &sharing_here_, &sharing_there_}) {
      runtime_.RunBlocking([&] { return process->cache.Close(); });
    }
  }

  bool Create(Process& process) {
    return Await<Result<Study>>(
               runtime_,
               [&] { return process.logic.CreateStudy(Administrator(), "S1", "Study", "II"); })
        .has_value();
  }
  std::int64_t PutItems(Process& process, std::vector<Item> items) {
    return Await<Result<PutOutcome>>(
               runtime_, [&] { return process.logic.PutItems(Administrator(), "S1", items); })
        .value()
        .revision;
  }
  void PutSites(Process& process, std::vector<Site> sites) {
    ASSERT_TRUE(Await<Result<PutOutcome>>(
        runtime_, [&] { return process.logic.PutSites(Administrator(), "S1", sites); }));
  }
  Result<Study> Get(Process& process) {
    return Await<Result<Study>>(runtime_,
                                [&] { return process.logic.GetStudy(Administrator(), "S1"); });
  }
  Dictionary Items(Process& process) {
    return Await<Result<Dictionary>>(runtime_,
                                     [&] { return process.logic.ListItems(Administrator(), "S1"); })
        .value();
  }
  std::vector<Site> Sites(Process& process) {
    return Await<Result<std::vector<Site>>>(
               runtime_, [&] { return process.logic.ListSites(Administrator(), "S1"); })
        .value();
  }
  RevisedDesign GetDesign(Process& process) {
    return Await<Result<RevisedDesign>>(
               runtime_, [&] { return process.logic.GetDesign(Administrator(), "S1"); })
        .value();
  }

  Runtime runtime_{3};
  testkit::TestDatabase database_ =
      testkit::OpenTestDatabase(testkit::DatabaseKind::kSqlite, runtime_, Migrations());
  FakeClock clock_{FakeClock::kStart + 123456us};
  cache::FakeStore redis_;
  Process here_{*database_, clock_};
  Process there_{*database_, clock_};
  Process sharing_here_{*database_, clock_, &redis_};
  Process sharing_there_{*database_, clock_, &redis_};
};

TEST_F(StudyCacheTest, TheSecondReadIsAHitAndEqualToTheFirst) {
  ASSERT_TRUE(Create(here_));
  PutItems(here_, {Pulse()});
  PutSites(here_, {{"701", "Seven", "DE"}});
  ASSERT_TRUE(Await<Result<RevisedDesign>>(
      runtime_, [&] { return here_.logic.PutDesign(Administrator(), "S1", FullDesign()); }));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Get(here_)->created_at, clock_.Now());
    EXPECT_EQ(Get(here_)->revision, 4);
    EXPECT_THAT(Items(here_).items, ElementsAre(Pulse()));
    EXPECT_EQ(Items(here_).revision, 4);
    EXPECT_THAT(Sites(here_), ElementsAre(Site{"701", "Seven", "DE"}));
    EXPECT_EQ(GetDesign(here_).design, FullDesign());
    EXPECT_EQ(GetDesign(here_).revision, 4);
  }
  for (const cache::CacheSnapshot& snapshot : here_.cache.Snapshots()) {
    EXPECT_EQ(snapshot.misses, 1U) << snapshot.name;
    EXPECT_GE(snapshot.hits, 1U) << snapshot.name;
  }
}

TEST_F(StudyCacheTest, AWriteIsSeenByTheNextRead) {
  ASSERT_TRUE(Create(here_));
  for (Process* process : {&here_, &sharing_here_}) {
    const std::int64_t before = Get(*process)->revision;
    static_cast<void>(Items(*process));
    static_cast<void>(Sites(*process));
    static_cast<void>(GetDesign(*process));
    Item item = Pulse();
    item.code = "ITEM" + std::to_string(before);
    EXPECT_EQ(PutItems(*process, {item}), before + 1);
    EXPECT_EQ(Get(*process)->revision, before + 1);
    EXPECT_EQ(Items(*process).revision, before + 1);
    EXPECT_EQ(GetDesign(*process).revision, before + 1);
    PutSites(*process, {{item.code, "", ""}});
    EXPECT_EQ(Sites(*process).back().id, item.code);
    // The next process begins with nothing cached from here.
    clock_.Advance(1s);
  }
}

TEST_F(StudyCacheTest, AStudyThatWasNotThereIsFoundOnceCreated) {
  EXPECT_EQ(Get(here_).error(), (Error{Code::kNotFound, "There is no study \"S1\"."}));
  EXPECT_EQ(Get(here_).error(), (Error{Code::kNotFound, "There is no study \"S1\"."}));
  ASSERT_TRUE(Create(here_));
  EXPECT_TRUE(Get(here_));
  EXPECT_THAT(Items(here_).items, IsEmpty());
}

TEST_F(StudyCacheTest, AnotherProcessSeesAWriteWithinASecondWithoutASharedStore) {
  ASSERT_TRUE(Create(here_));
  EXPECT_EQ(Get(there_)->revision, 1);
  PutSites(here_, {{"701", "", ""}});
  clock_.Advance(1s);
  EXPECT_EQ(Get(there_)->revision, 2);
}

TEST_F(StudyCacheTest, AnotherProcessSeesAWriteAtOnceInASharedStore) {
  ASSERT_TRUE(Create(sharing_here_));
  EXPECT_EQ(Get(sharing_there_)->revision, 1);
  PutSites(sharing_here_, {{"701", "", ""}});
  EXPECT_EQ(Get(sharing_there_)->revision, 2);
}

TEST_F(StudyCacheTest, TheDatabaseIsAskedWhileTheSharedStoreIsAway) {
  ASSERT_TRUE(Create(sharing_here_));
  redis_.SetAway(true);
  EXPECT_EQ(Get(sharing_here_)->revision, 1);
  PutSites(sharing_here_, {{"701", "", ""}});
  EXPECT_EQ(Get(sharing_here_)->revision, 2);
}

// Readers on all threads keep filling the cache while one writes; each write is seen by the read
// that follows it.
TEST_F(StudyCacheTest, NoReadThatFollowsAWriteIsStaleHoweverManyReadMeanwhile) {
  ASSERT_TRUE(Create(here_));
  constexpr int kReaders = 6;
  std::atomic<bool> stop = false;
  std::latch ended(kReaders);
  const auto read = [&]() -> Task<void> {
    while (!stop) {
      static_cast<void>(co_await here_.logic.GetStudy(Administrator(), "S1"));
      static_cast<void>(co_await here_.logic.ListItems(Administrator(), "S1"));
      co_await Yield();
    }
  };
  for (int i = 0; i < kReaders; ++i) {
    Spawn(runtime_.Next(), read, [&](std::exception_ptr) { ended.count_down(); });
  }
  for (int i = 0; i < 50 && !HasFailure(); ++i) {
    Item item = Pulse();
    item.name = "Pulse " + std::to_string(i);
    const std::int64_t revision = PutItems(here_, {item});
    EXPECT_EQ(Get(here_)->revision, revision);
    EXPECT_THAT(Items(here_).items, ElementsAre(item));
  }
  stop = true;
  ended.wait();
}

}  // namespace
}  // namespace vedette::trial
