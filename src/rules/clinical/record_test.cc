// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "rules/check/test_catalog.h"
#include "rules/clinical/pools.h"

namespace vedette::rules {
namespace {

class RecordTest : public ::testing::Test {
 protected:
  RecordTest() : layout_(TestCatalog()), pools_{&layout_, &texts_, &ranges_}, record_(&pools_) {}

  static std::uint32_t Item(std::string_view code) {
    return TestCatalog()->IndexOf(*TestCatalog()->FindByCode(code));
  }
  static Change Put(std::string_view code, std::uint64_t key, Seconds time, double number) {
    Change change;
    change.item = Item(code);
    change.key = key;
    change.time = time;
    change.number = number;
    return change;
  }
  static Change Field(std::string_view code, std::uint64_t key, std::uint64_t row, Seconds time) {
    Change change = Put(code, key, time, static_cast<double>(time));
    change.row = row;
    change.text = "TEXT";
    return change;
  }

  RecordLayout layout_;
  HashTextPool texts_;
  HashRangeTable ranges_;
  RecordPools pools_;
  SubjectRecord record_;
};

TEST_F(RecordTest, AgreesWithAMapUnderCorrectionsAndWithdrawals) {
  std::mt19937_64 random(3);
  std::map<std::uint64_t, std::pair<Seconds, double>> expected;
  for (int i = 0; i < 5'000; ++i) {
    Change change = Put("ALT", random() % 200, static_cast<Seconds>(random() % 50),
                        static_cast<double>(random() % 100));
    if (random() % 4 == 0) {
      change.kind = Change::Kind::kRemove;
      expected.erase(change.key);
    } else if (random() % 10 == 0) {
      change.flags = Observation::kAbsent;
      expected.erase(change.key);
    } else {
      expected[change.key] = {change.time, change.number};
    }
    record_.Apply(change);
    const auto series = record_.Series(Item("ALT"));
    ASSERT_EQ(series.size(), expected.size());
    ASSERT_TRUE(std::is_sorted(series.begin(), series.end()));
    for (const Observation& observation : series) {
      const auto& [time, value] = expected.at(observation.key());
      ASSERT_EQ(observation.time(), time);
      ASSERT_EQ(observation.value(), value);
    }
  }
}

TEST_F(RecordTest, TheSameVersionTwiceIsThereOnce) {
  Change change = Put("ALT", 1, 10, 5);
  change.first_version = true;
  record_.Apply(change);
  record_.Apply(change);
  EXPECT_EQ(record_.Series(Item("ALT")).size(), 1U);
}

TEST_F(RecordTest, RowsAreOrderedByTheirEarliestField) {
  record_.Apply(Field("AETERM", 1, 70, 500));
  record_.Apply(Field("AETERM", 2, 71, 400));
  ASSERT_EQ(record_.Rows("AE").size(), 2U);
  EXPECT_EQ(record_.Rows("AE")[0].key, 71U);
  record_.Apply(Field("AESTDT", 3, 70, 300));
  EXPECT_EQ(record_.Rows("AE")[0].key, 70U);
  EXPECT_EQ(record_.Rows("AE")[0].time, 300);
  EXPECT_EQ(
      texts_.Text(static_cast<std::uint32_t>(record_.Rows("AE")[0].Find(Item("AETERM"))->value())),
      "TEXT");
  Change withdrawn = Field("AESTDT", 3, 70, 300);
  withdrawn.kind = Change::Kind::kRemove;
  EXPECT_EQ(record_.Apply(withdrawn).row, 70U);
  EXPECT_EQ(record_.Rows("AE")[1].time, 500);
  Change last = Field("AETERM", 1, 70, 500);
  last.kind = Change::Kind::kRemove;
  record_.Apply(last);
  EXPECT_EQ(record_.Rows("AE").size(), 1U);
}

TEST_F(RecordTest, AFieldCanMoveToAnotherRow) {
  record_.Apply(Field("AETERM", 1, 70, 500));
  record_.Apply(Field("AETERM", 1, 71, 600));
  ASSERT_EQ(record_.Rows("AE").size(), 1U);
  EXPECT_EQ(record_.Rows("AE")[0].key, 71U);
}

TEST_F(RecordTest, TimesThatNothingCanHaveAreNotKept) {
  for (const Seconds time : {std::numeric_limits<Seconds>::min(), Seconds{-2'208'988'801},
                             Seconds{7'258'118'400}, std::numeric_limits<Seconds>::max()}) {
    EXPECT_TRUE(record_.Apply(Put("ALT", 1, time, 5)).nothing());
  }
  EXPECT_FALSE(record_.Apply(Put("ALT", 1, -2'208'988'800, 5)).nothing());
  EXPECT_FALSE(record_.Apply(Put("ALT", 2, 7'258'118'399, 5)).nothing());
  EXPECT_EQ(record_.Series(Item("ALT"))[0].time(), -2'208'988'800);
  EXPECT_EQ(record_.Series(Item("ALT"))[1].time(), 7'258'118'399);
}

TEST(HashRangeTable, KeepsAsManyAsItSays) {
  HashRangeTable table;
  EXPECT_EQ(table.Intern({std::nan(""), std::nan("")}), 0);
  const std::uint16_t open = table.Intern({std::nan(""), 40});
  EXPECT_EQ(table.Intern({std::nan("1"), 40}), open);
  EXPECT_EQ(table.Range(open).high, 40);
  for (int i = 0; i < 70'000; ++i) {
    table.Intern({static_cast<double>(i), static_cast<double>(i) + 1});
  }
  EXPECT_EQ(table.refused(), 70'001U - HashRangeTable::kMaximum);
  EXPECT_EQ(table.Intern({std::nan(""), 40}), open);
}

}  // namespace
}  // namespace vedette::rules
