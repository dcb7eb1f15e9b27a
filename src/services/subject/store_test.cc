// SPDX-License-Identifier: Apache-2.0
#include "services/subject/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/uuid.h"
#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"

namespace vedette::subject {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

SubjectRecord Record(const std::string& site, const std::string& number) {
  return {.id = NewUuid(FakeClock::kStart).ToString(),
          .study_id = "S1",
          .site_id = site,
          .subject_number = number,
          .age = 44,
          .sex = "F",
          .status = "enrolled",
          .created_at = FakeClock::kStart};
}

std::vector<std::string> Numbers(const std::vector<SubjectRecord>& records) {
  std::vector<std::string> numbers;
  for (const SubjectRecord& record : records) numbers.push_back(record.subject_number);
  return numbers;
}

class SubjectStoreTest : public ::testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  template <class T>
  T Run(std::move_only_function<Task<T>()> work) {
    return Await<T>(runtime_, std::move(work));
  }

  Result<std::string> Create(const SubjectRecord& record) {
    return Run<Result<std::string>>([&] { return store_.Create(Deadline::None(), record); });
  }

  std::vector<std::string> List(std::optional<std::vector<std::string>> sites,
                                const std::string& after,
                                std::int64_t limit) {
    auto records = Run<Result<std::vector<SubjectRecord>>>(
        [&] { return store_.List(Deadline::None(), "S1", sites, after, limit); });
    EXPECT_TRUE(records);
    return Numbers(*records);
  }

  Result<RegisterOutcome> Register(const std::vector<Registration>& registrations) {
    std::vector<SubjectRecord> records;
    for (const Registration& one : registrations) {
      records.push_back(Record(one.site_id, one.subject_number));
    }
    return Run<Result<RegisterOutcome>>(
        [&] { return store_.Register(Deadline::None(), "S1", registrations, records); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ = testkit::OpenTestDatabase(GetParam(), runtime_, Migrations());
  SubjectStore store_{*database_};
};

VEDETTE_ON_BOTH_DATABASES(SubjectStoreTest);

TEST_P(SubjectStoreTest, GivesBackASubjectAsItWasStored) {
  SubjectRecord record = Record("701", "01-701-1015");
  record.name_sealed = Bytes{std::string("\0\1sealed\xff", 9)};
  record.mobile_sealed = Bytes{"m"};
  record.mobile_hash = Bytes{"h"};
  ASSERT_EQ(Create(record), "01-701-1015");
  EXPECT_EQ(Run<Result<SubjectRecord>>([&] { return store_.Get(Deadline::None(), record.id); }),
            record);
}

TEST_P(SubjectStoreTest, GivesBackASubjectWithoutPersonalData) {
  const SubjectRecord record = Record("701", "1");
  ASSERT_TRUE(Create(record));
  EXPECT_EQ(Run<Result<SubjectRecord>>([&] { return store_.Get(Deadline::None(), record.id); }),
            record);
}

TEST_P(SubjectStoreTest, AnUnknownIdIsNotFound) {
  const auto found = Run<Result<SubjectRecord>>(
      [&] { return store_.Get(Deadline::None(), Record("701", "1").id); });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kNotFound);
}

TEST_P(SubjectStoreTest, ATakenNumberNamesTheField) {
  ASSERT_TRUE(Create(Record("701", "1")));
  const auto again = Create(Record("702", "1"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_EQ(again.error().violations.at(0).field, "subjectNumber");
}

TEST_P(SubjectStoreTest, MakesRunningNumbersForEachSite) {
  EXPECT_EQ(Create(Record("701", "")), "701-0001");
  EXPECT_EQ(Create(Record("702", "")), "702-0001");
  EXPECT_EQ(Create(Record("701", "")), "701-0002");
}

TEST_P(SubjectStoreTest, PassesOverNumbersThatAreTaken) {
  ASSERT_TRUE(Create(Record("701", "701-0001")));
  ASSERT_TRUE(Create(Record("701", "701-0002")));
  EXPECT_EQ(Create(Record("701", "")), "701-0003");
}

Task<void> CreateMany(SubjectStore* store, int count, std::set<std::string>* numbers) {
  std::vector<Task<Result<std::string>>> tasks;
  for (int i = 0; i < count; ++i) {
    tasks.push_back(store->Create(Deadline::None(), Record("701", "")));
  }
  for (auto& number : co_await WhenAll(std::move(tasks))) {
    EXPECT_TRUE(number);
    if (number) numbers->insert(*number);
  }
}

TEST_P(SubjectStoreTest, ConcurrentEnrolmentsGetNumbersOfTheirOwn) {
  std::set<std::string> numbers;
  runtime_.RunBlocking([&] { return CreateMany(&store_, 20, &numbers); });
  EXPECT_THAT(numbers, SizeIs(20));
  EXPECT_EQ(*numbers.begin(), "701-0001");
  EXPECT_EQ(*numbers.rbegin(), "701-0020");
}

TEST_P(SubjectStoreTest, ListsByNumberFromAPlaceOn) {
  for (const char* number : {"3", "1", "4", "2"}) ASSERT_TRUE(Create(Record("701", number)));
  EXPECT_THAT(List(std::nullopt, "", 3), ElementsAre("1", "2", "3"));
  EXPECT_THAT(List(std::nullopt, "3", 3), ElementsAre("4"));
}

TEST_P(SubjectStoreTest, ListsTheSitesAskedFor) {
  ASSERT_TRUE(Create(Record("701", "1")));
  ASSERT_TRUE(Create(Record("702", "2")));
  ASSERT_TRUE(Create(Record("703", "3")));
  EXPECT_THAT(List({{"701", "703"}}, "", 10), ElementsAre("1", "3"));
  EXPECT_THAT(List({{"no \"such\" \\ site\n"}}, "", 10), IsEmpty());
  EXPECT_THAT(List(std::vector<std::string>{}, "", 10), IsEmpty());
}

TEST_P(SubjectStoreTest, RegistersWhatIsNew) {
  EXPECT_EQ(Register({{"b", "701"}, {"a", "701"}}), (RegisterOutcome{2, 0}));
  EXPECT_EQ(Register({{"a", "701"}, {"c", "702"}}), (RegisterOutcome{1, 1}));
  EXPECT_EQ(Register({{"a", "701"}, {"b", "701"}, {"c", "702"}}), (RegisterOutcome{0, 3}));
  EXPECT_THAT(List(std::nullopt, "", 10), ElementsAre("a", "b", "c"));
}

TEST_P(SubjectStoreTest, ASubjectOfAnotherSiteKeepsAllOut) {
  ASSERT_TRUE(Register({{"a", "701"}}));
  const auto conflict = Register({{"b", "702"}, {"a", "702"}});
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().code, Code::kConflict);
  EXPECT_EQ(conflict.error().violations.at(0).field, "subjects[1].siteId");
  EXPECT_THAT(List(std::nullopt, "", 10), ElementsAre("a"));
}

TEST_P(SubjectStoreTest, FindsFiveThousandAtOnce) {
  std::vector<Registration> registrations;
  std::vector<std::string> numbers;
  for (int i = 10'000; i < 15'000; ++i) {
    registrations.push_back({std::to_string(i), "701"});
    numbers.push_back(std::to_string(i));
  }
  ASSERT_EQ(Register(registrations), (RegisterOutcome{5000, 0}));
  numbers.back() = "unknown";
  const auto resolved = Run<Result<std::vector<ResolvedSubject>>>(
      [&] { return store_.Resolve(Deadline::None(), "S1", numbers); });
  ASSERT_TRUE(resolved);
  ASSERT_THAT(*resolved, SizeIs(4999));
  EXPECT_EQ(resolved->front().subject_number, "10000");

  std::vector<std::string> ids{Record("701", "").id};
  for (const ResolvedSubject& subject : *resolved) ids.push_back(subject.id);
  const auto records = Run<Result<std::vector<SubjectRecord>>>(
      [&] { return store_.GetMany(Deadline::None(), "S1", ids); });
  ASSERT_TRUE(records);
  EXPECT_THAT(*records, SizeIs(4999));
}

TEST_P(SubjectStoreTest, SubjectsOfStudiesDoNotMix) {
  SubjectRecord other = Record("701", "1");
  other.study_id = "S2";
  ASSERT_TRUE(Create(other));
  ASSERT_TRUE(Create(Record("701", "1")));
  const auto resolved = Run<Result<std::vector<ResolvedSubject>>>(
      [&] { return store_.Resolve(Deadline::None(), "S2", {"1"}); });
  EXPECT_THAT(*resolved, ElementsAre(ResolvedSubject{other.id, "1", "701"}));
  const auto records = Run<Result<std::vector<SubjectRecord>>>(
      [&] { return store_.GetMany(Deadline::None(), "S1", {other.id}); });
  EXPECT_THAT(*records, IsEmpty());
}

TEST_P(SubjectStoreTest, KnowsWhetherItHoldsPersonalData) {
  const auto holds = [&] {
    return Run<Result<bool>>([&] { return store_.HoldsPersonalData(Deadline::None()); });
  };
  ASSERT_TRUE(Create(Record("701", "1")));
  EXPECT_EQ(holds(), false);
  SubjectRecord sealed = Record("701", "2");
  sealed.name_sealed = Bytes{"n"};
  ASSERT_TRUE(Create(sealed));
  EXPECT_EQ(holds(), true);
}

}  // namespace
}  // namespace vedette::subject
