// SPDX-License-Identifier: Apache-2.0
#include "services/trial/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"

namespace vedette::trial {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Item Pressure() {
  return {.code = "SYSBP",
          .name = "Systolic Blood Pressure",
          .domain = "VS",
          .type = ItemType::kNumber,
          .unit = "mmHg",
          .accepted_units = {{"cmHg", 10, 0}, {"kPa", 7.50062, 0.5}},
          .plausible_low = 40,
          .plausible_high = std::nullopt};
}

Item Comment() {
  return {.code = "NOTE", .name = "Comment", .domain = "", .type = ItemType::kText, .unit = ""};
}

class TrialStoreTest : public ::testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  template <class T>
  T Run(std::move_only_function<Task<T>()> work) {
    return Await<T>(runtime_, std::move(work));
  }

  Study Create(const std::string& id) {
    Study study{.id = id, .name = "Study " + id, .phase = "II", .created_at = FakeClock::kStart};
    EXPECT_TRUE(Run<Status>([&] { return store_.CreateStudy(Deadline::None(), study); }));
    return study;
  }

  Result<Study> Get(const std::string& id) {
    return Run<Result<Study>>([&] { return store_.GetStudy(Deadline::None(), id); });
  }

  Result<Dictionary> Items(const std::string& id) {
    return Run<Result<Dictionary>>([&] { return store_.ListItems(Deadline::None(), id); });
  }

  Status PutItems(const std::string& id, Changes<Item> changes, bool commit = true) {
    return Run<Status>([&] { return PutItemsTask(&store_, id, changes, commit); });
  }

  static Task<Status> PutItemsTask(TrialStore* store,
                                   std::string id,
                                   Changes<Item> changes,
                                   bool commit) {
    VEDETTE_CO_TRY(auto change, co_await store->BeginChange(Deadline::None(), id));
    VEDETTE_CO_CHECK_OK(co_await change.PutItems(std::move(changes)));
    if (commit) co_return co_await change.Commit();
    co_return Status{};
  }

  static Task<Status> PutDesignTask(TrialStore* store, Design design) {
    VEDETTE_CO_TRY(auto change, co_await store->BeginChange(Deadline::None(), "S1"));
    VEDETTE_CO_CHECK_OK(co_await change.PutDesign(std::move(design)));
    co_return co_await change.Commit();
  }

  static Task<Result<std::vector<Site>>> PutSitesTask(TrialStore* store,
                                                      std::string id,
                                                      Changes<Site> changes) {
    VEDETTE_CO_TRY(auto change, co_await store->BeginChange(Deadline::None(), id));
    VEDETTE_CO_CHECK_OK(co_await change.PutSites(std::move(changes)));
    VEDETTE_CO_TRY(auto sites, co_await change.Sites());
    VEDETTE_CO_CHECK_OK(co_await change.Commit());
    co_return sites;
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ = testkit::OpenTestDatabase(GetParam(), runtime_, Migrations());
  TrialStore store_{*database_};
};

VEDETTE_ON_BOTH_DATABASES(TrialStoreTest);

TEST_P(TrialStoreTest, GivesBackAStudyAsItWasStored) {
  Study study = Create("S1");
  study.status = StudyStatus::kActive;
  EXPECT_EQ(Get("S1"), study);
}

TEST_P(TrialStoreTest, AnUnknownStudyIsNotFound) {
  const auto study = Get("S1");
  ASSERT_FALSE(study);
  EXPECT_EQ(study.error().code, Code::kNotFound);
  EXPECT_EQ(Items("S1").error().code, Code::kNotFound);
  EXPECT_EQ(PutItems("S1", {.added = {Comment()}, .changed = {}}).error().code, Code::kNotFound);
}

TEST_P(TrialStoreTest, ATakenIdNamesTheField) {
  Create("S1");
  const Status again =
      Run<Status>([&] { return store_.CreateStudy(Deadline::None(), Study{.id = "S1"}); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  ASSERT_EQ(again.error().violations.size(), 1u);
  EXPECT_EQ(again.error().violations[0].field, "id");
}

TEST_P(TrialStoreTest, ListsStudiesById) {
  const Study second = Create("S2");
  const Study first = Create("S1");
  const auto studies =
      Run<Result<std::vector<Study>>>([&] { return store_.ListStudies(Deadline::None()); });
  ASSERT_TRUE(studies);
  EXPECT_THAT(*studies, ElementsAre(first, second));
}

TEST_P(TrialStoreTest, PutsSitesAndRenamesThem) {
  Create("S1");
  const auto put = [&](Changes<Site> changes) {
    return Run<Result<std::vector<Site>>>([&] { return PutSitesTask(&store_, "S1", changes); });
  };
  ASSERT_TRUE(put({.added = {{"702", "Two", "US"}, {"701", "One", ""}}, .changed = {}}));
  const auto sites = put({.added = {{"703", "", ""}}, .changed = {{"701", "Uno", "ES"}}});
  ASSERT_TRUE(sites);
  EXPECT_THAT(*sites,
              ElementsAre(Site{"701", "Uno", "ES"}, Site{"702", "Two", "US"}, Site{"703", "", ""}));
  EXPECT_EQ(Get("S1")->revision, 3);
}

TEST_P(TrialStoreTest, GivesBackItemsAsTheyWereStored) {
  Create("S1");
  ASSERT_TRUE(PutItems("S1", {.added = {Pressure(), Comment()}, .changed = {}}));
  const auto dictionary = Items("S1");
  ASSERT_TRUE(dictionary);
  EXPECT_THAT(dictionary->items, ElementsAre(Comment(), Pressure()));
  EXPECT_EQ(dictionary->revision, 2);
}

TEST_P(TrialStoreTest, GivesBackWhatItemsAreToRules) {
  Create("S1");
  Item onset{.code = "AESTDTC",
             .name = "Start",
             .domain = "AE",
             .type = ItemType::kTime,
             .role = ItemRole::kField,
             .rule_name = "AESTDT",
             .form = "AE"};
  Item arm{.code = "ARMCD",
           .name = "Arm",
           .domain = "DM",
           .type = ItemType::kText,
           .role = ItemRole::kAttribute,
           .codelist = "ARM",
           .unblinding = true};
  Item diary{.code = "DIARY",
             .name = "Diary",
             .domain = "QS",
             .type = ItemType::kBoolean,
             .grading = "-",
             .expected_every = 86'400};
  ASSERT_TRUE(PutItems("S1", {.added = {onset, arm, diary}, .changed = {}}));
  EXPECT_THAT(Items("S1")->items, ElementsAre(onset, arm, diary));
}

TEST_P(TrialStoreTest, GivesBackTheDesignThatWasPutLast) {
  Create("S1");
  const auto put = [&](const Design& design) {
    return Run<Status>([&]() -> Task<Status> { return PutDesignTask(&store_, design); });
  };
  const auto get = [&] {
    return Run<Result<RevisedDesign>>([&] { return store_.GetDesign(Deadline::None(), "S1"); });
  };
  EXPECT_EQ(get()->design, Design{});
  const Design first{.visits = {{"W2", "Week 2", 14, 3, 3, "SV_W2"}},
                     .forms = {{"AE", "Adverse events", true}},
                     .codelists = {{"EMPTY", {}}, {"SEX", {"M", "F"}}},
                     .indicators = {{"AE_RATE", "AE rate", "AE", "", "", "days", 30}},
                     .first_dose = "first_dose",
                     .last_dose = "last_dose",
                     .visit_reference = "first_dose",
                     .grading_version = "ctcae5"};
  ASSERT_TRUE(put(first));
  EXPECT_EQ(get()->design, first);
  const Design second{.visits = {{"W4", "", 28, 0, 0, "SV_W4"}}};
  ASSERT_TRUE(put(second));
  EXPECT_EQ(get()->design, second);
  EXPECT_EQ(get()->revision, 3);
}

TEST_P(TrialStoreTest, AChangedItemLosesTheUnitsItHasNoMore) {
  Create("S1");
  ASSERT_TRUE(PutItems("S1", {.added = {Pressure()}, .changed = {}}));
  Item changed = Pressure();
  changed.name = "Systolic";
  changed.accepted_units = {{"kPa", 7.5, 0}};
  changed.plausible_low.reset();
  changed.plausible_high = 300;
  ASSERT_TRUE(PutItems("S1", {.added = {}, .changed = {changed}}));
  EXPECT_THAT(Items("S1")->items, ElementsAre(changed));
}

TEST_P(TrialStoreTest, ItemsOfStudiesDoNotMix) {
  Create("S1");
  Create("S2");
  ASSERT_TRUE(PutItems("S1", {.added = {Pressure()}, .changed = {}}));
  EXPECT_THAT(Items("S2")->items, IsEmpty());
  EXPECT_EQ(Items("S2")->revision, 1);
}

TEST_P(TrialStoreTest, WithoutCommitNothingHappened) {
  Create("S1");
  ASSERT_TRUE(PutItems("S1", {.added = {Pressure()}, .changed = {}}, /*commit=*/false));
  EXPECT_THAT(Items("S1")->items, IsEmpty());
  EXPECT_EQ(Get("S1")->revision, 1);
}

}  // namespace
}  // namespace vedette::trial
