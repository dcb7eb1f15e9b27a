// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <tuple>

#include "rules/backtest/columns.h"
#include "rules/check/test_catalog.h"

namespace vedette::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HistoryTest : public testing::Test {
 protected:
  std::uint32_t Series(std::string_view name) const {
    return catalog_->IndexOf(*catalog_->FindSeries(name));
  }
  std::uint32_t Field(std::string_view form, std::string_view name) const {
    return catalog_->IndexOf(*catalog_->FindField(form, name));
  }
  static Change Put(std::uint32_t item, std::uint64_t key, Seconds time, double number) {
    return {.item = item, .key = key, .time = time, .received = time, .number = number};
  }
  static Change Remove(std::uint32_t item, std::uint64_t key) {
    return {.kind = Change::Kind::kRemove, .item = item, .key = key};
  }

  std::shared_ptr<const Catalog> catalog_ = TestCatalog();
  History history_{catalog_};
  const std::uint32_t alt_ = Series("lab.ALT");
};

TEST_F(HistoryTest, RowsAreInOrderOfSubjectTimeAndKeyWhateverTheOrderTheyCameIn) {
  const std::uint32_t a = history_.Subject("A", "S1");
  const std::uint32_t b = history_.Subject("B", "S2");
  EXPECT_EQ(history_.Subject("A", "S1"), a);
  history_.Add(b, Put(alt_, 1, 500, 50));
  history_.Add(a, Put(alt_, 9, 300, 30));
  history_.Add(a, Put(alt_, 2, 300, 31));
  history_.Add(b, Put(alt_, 2, 100, 10));
  history_.Add(a, Put(alt_, 3, 200, 20));
  history_.Finish();
  const ItemColumns& alt = history_.Item(alt_);
  EXPECT_THAT(alt.offsets, ElementsAre(0, 3, 5));
  EXPECT_THAT(alt.time, ElementsAre(200, 300, 300, 100, 500));
  EXPECT_THAT(alt.key, ElementsAre(3, 2, 9, 2, 1));
  EXPECT_THAT(alt.value, ElementsAre(20, 31, 30, 10, 50));
  EXPECT_THAT(alt.flags, IsEmpty());
  EXPECT_THAT(alt.upper_limit, IsEmpty());
  EXPECT_THAT(alt.row, IsEmpty());
  EXPECT_TRUE(alt.sorted);
  EXPECT_EQ(history_.observations(), 5U);
  EXPECT_EQ(history_.SubjectId(b), "B");
  EXPECT_EQ(history_.SiteId(b), "S2");
  EXPECT_EQ(history_.FindSubject("B"), b);
  EXPECT_EQ(history_.FindSubject("C"), std::nullopt);
  EXPECT_EQ(history_.ObservedPeriod(a)->first, 200);
  EXPECT_EQ(history_.ObservedPeriod(b)->last, 500);
}

TEST_F(HistoryTest, ACorrectionReplacesAndAWithdrawalRemovesUnderTheSameKeyOfTheSameSubject) {
  const std::uint32_t a = history_.Subject("A", "S1");
  const std::uint32_t b = history_.Subject("B", "S1");
  history_.Add(a, Put(alt_, 1, 100, 10));
  history_.Add(b, Put(alt_, 1, 100, 11));
  history_.Add(a, Put(alt_, 2, 200, 20));
  history_.Add(a, Put(alt_, 1, 300, 12));  // also moved
  history_.Add(a, Remove(alt_, 2));
  history_.Add(a, Remove(alt_, 77));
  history_.Add(a, Put(alt_, 3, 400, 40));
  history_.Add(a, Remove(alt_, 3));
  history_.Add(a, Put(alt_, 3, 150, 15));
  history_.Finish();
  const ItemColumns& alt = history_.Item(alt_);
  EXPECT_THAT(alt.offsets, ElementsAre(0, 2, 3));
  EXPECT_THAT(alt.value, ElementsAre(15, 12, 11));
}

TEST_F(HistoryTest, AVersionWithoutAValueWithdraws) {
  const std::uint32_t a = history_.Subject("A", "S1");
  Change absent = Put(alt_, 1, 100, 12);
  absent.flags = Observation::kAbsent;
  for (const std::uint64_t key : {1, 2, 3, 4}) {
    history_.Add(a, Put(alt_, key, 100, 10));
  }
  history_.Add(a, absent);
  history_.Add(a, Put(alt_, 2, 100, std::nan("")));
  history_.Add(a, Put(alt_, 3, INT64_MAX, 10));
  history_.Finish();
  EXPECT_THAT(history_.Item(alt_).key, ElementsAre(4));
}

TEST_F(HistoryTest, LimitsFlagsAndTextsAreKeptWhereTheyWereGiven) {
  const std::uint32_t a = history_.Subject("A", "S1");
  const std::uint32_t term = Field("AE", "AETERM");
  history_.Add(a, Put(alt_, 1, 100, 10));
  Change bound = Put(alt_, 2, 200, 5);
  bound.flags = Observation::kBelow;
  bound.range_high = 40;
  history_.Add(a, bound);
  Change text = Put(term, 3, 300, std::nan(""));
  text.row = 77;
  text.text = "HEADACHE";
  history_.Add(a, text);
  text.key = 4;
  text.time = 400;
  history_.Add(a, text);
  history_.Finish();
  const ItemColumns& alt = history_.Item(alt_);
  EXPECT_THAT(alt.flags, ElementsAre(0, Observation::kBelow));
  ASSERT_EQ(alt.upper_limit.size(), 2U);
  EXPECT_TRUE(std::isnan(alt.upper_limit[0]));
  EXPECT_EQ(alt.upper_limit[1], 40);
  EXPECT_THAT(alt.lower_limit, IsEmpty());
  const ItemColumns& terms = history_.Item(term);
  ASSERT_EQ(terms.size(), 2U);
  EXPECT_EQ(terms.value[0], terms.value[1]);
  EXPECT_THAT(terms.row, ElementsAre(77U, 77U));
  EXPECT_EQ(history_.texts().Text(static_cast<std::uint32_t>(terms.value[0])), "HEADACHE");
}

TEST_F(HistoryTest, ChangesOfUnknownItemsAndSubjectsAreIgnored) {
  history_.Add(0, Put(alt_, 1, 100, 10));
  history_.Subject("A", "S1");
  history_.Add(0, Put(static_cast<std::uint32_t>(catalog_->items.size()), 1, 100, 10));
  history_.Finish();
  EXPECT_EQ(history_.observations(), 0U);
}

TEST_F(HistoryTest, ArrivalIsKeptOnlyWhenAskedFor) {
  history_.KeepArrival(true);
  const std::uint32_t a = history_.Subject("A", "S1");
  history_.Add(a, Put(alt_, 1, 500, 50));
  history_.Add(a, Remove(alt_, 1));
  history_.Finish();
  ASSERT_EQ(history_.Arrival().size(), 2U);
  EXPECT_EQ(history_.Arrival()[1].change.kind, Change::Kind::kRemove);
  EXPECT_EQ(history_.observations(), 0U);
}

TEST_F(HistoryTest, RandomChangesLeaveWhatAMapOfTheLatestVersionsLeaves) {
  using Place = std::tuple<std::uint32_t, Seconds, std::uint64_t>;
  std::mt19937_64 random(3);
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::pair<Seconds, double>> expected;
  for (int i = 0; i < 20; ++i) {
    history_.Subject(std::to_string(i), "S");
  }
  for (int i = 0; i < 5'000; ++i) {
    const auto subject = static_cast<std::uint32_t>(random() % 20);
    const std::uint64_t key = random() % 100;
    if (random() % 10 == 0) {
      history_.Add(subject, Remove(alt_, key));
      expected.erase({subject, key});
    } else {
      const auto time = static_cast<Seconds>(random() % 300);
      history_.Add(subject, Put(alt_, key, time, i));
      expected[{subject, key}] = {time, i};
    }
  }
  history_.Finish();
  std::map<Place, double> sorted;
  for (const auto& [identity, version] : expected) {
    sorted[{identity.first, version.first, identity.second}] = version.second;
  }
  const ItemColumns& alt = history_.Item(alt_);
  ASSERT_EQ(alt.size(), sorted.size());
  std::size_t row = 0;
  for (const auto& [place, value] : sorted) {
    const auto& [subject, time, key] = place;
    EXPECT_GE(row, alt.offsets[subject]);
    EXPECT_LT(row, alt.offsets[subject + 1]);
    EXPECT_EQ(std::tuple(alt.time[row], alt.key[row], alt.value[row]),
              std::tuple(time, key, value));
    ++row;
  }
}

}  // namespace
}  // namespace vedette::rules
