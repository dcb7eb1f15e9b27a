// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/kri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rules/backtest/history_subject.h"
#include "rules/check/test_catalog.h"

namespace vedette::rules {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

constexpr double kTolerance = 1e-12;

TEST(ScoreRatesTest, ARateIsHeldAgainstPoissonVarianceAndItsDispersion) {
  // mean 36/300; before dispersion -1/sqrt(3), 4/sqrt(3), -3/sqrt(3); their mean square 26/9.
  const RateCount sites[] = {{10, 100}, {20, 100}, {6, 100}};
  const RateScores result = ScoreRates(sites, RateKind::kRate, 30);
  EXPECT_NEAR(result.mean, 0.12, kTolerance);
  EXPECT_NEAR(result.dispersion, 26.0 / 9, kTolerance);
  const double unit = std::sqrt(3.0 / 26);
  EXPECT_THAT(result.scores,
              ElementsAre(DoubleNear(-unit, kTolerance), DoubleNear(4 * unit, kTolerance),
                          DoubleNear(-3 * unit, kTolerance)));
}

TEST(ScoreRatesTest, AProportionIsHeldAgainstBinomialVariance) {
  // mean 1/2, variance 1/4: 50 of 64 lies 0.28125 above, 4.5 standard errors; 14 of 64 below.
  const RateCount sites[] = {{50, 64}, {14, 64}};
  const RateScores result = ScoreRates(sites, RateKind::kProportion, 3);
  EXPECT_NEAR(result.mean, 0.5, kTolerance);
  EXPECT_NEAR(result.dispersion, 4.5 * 4.5, kTolerance);
  EXPECT_THAT(result.scores, ElementsAre(DoubleNear(1, kTolerance), DoubleNear(-1, kTolerance)));
}

TEST(ScoreRatesTest, ASmallSiteTakesPartWithoutAScoreAndAnEmptyOneTakesNoPart) {
  const RateCount sites[] = {{10, 100}, {20, 100}, {6, 100}, {0, 0}};
  const RateScores all = ScoreRates(sites, RateKind::kRate, 30);
  EXPECT_NEAR(all.dispersion, 26.0 / 9, kTolerance);
  EXPECT_TRUE(std::isnan(all.scores[3]));
  const RateScores masked = ScoreRates(sites, RateKind::kRate, 101);
  EXPECT_NEAR(masked.dispersion, 26.0 / 9, kTolerance);
  EXPECT_TRUE(std::isnan(masked.scores[0]));
}

TEST(ScoreRatesTest, EqualSitesScoreZeroAndNoSitesNothing) {
  const RateCount equal[] = {{5, 100}, {10, 200}};
  EXPECT_THAT(ScoreRates(equal, RateKind::kRate, 30).scores, ElementsAre(0, 0));
  const RateCount nothing_happened[] = {{0, 100}, {0, 200}};
  EXPECT_THAT(ScoreRates(nothing_happened, RateKind::kRate, 30).scores, ElementsAre(0, 0));
  const RateCount everything[] = {{100, 100}, {200, 200}};
  EXPECT_THAT(ScoreRates(everything, RateKind::kProportion, 30).scores, ElementsAre(0, 0));
  EXPECT_TRUE(ScoreRates({}, RateKind::kRate, 30).scores.empty());
}

// gsm.core, tests/testthat/test-Flag.R
TEST(IntervalOfTest, AScoreEqualToAThresholdLiesAboveIt) {
  const double thresholds[] = {-3, -2, 2, 3};
  const double scores[] = {-4, -3.1, -3, -2.9, -2.1, -2, -1.9, 0, 2, 2.9, 3, 3.1};
  const int flags[] = {-2, -2, -1, -1, -1, 0, 0, 0, 1, 1, 2, 2};
  for (std::size_t i = 0; i < std::size(scores); ++i) {
    EXPECT_EQ(static_cast<int>(IntervalOf(scores[i], thresholds)) - 2, flags[i]) << scores[i];
  }
}

class CountOfTest : public testing::Test {
 protected:
  void AddTime(std::string_view attribute, Seconds time) {
    history_.Add(subject_, {.item = catalog_->IndexOf(*catalog_->FindAttribute(attribute)),
                            .key = 1,
                            .number = static_cast<double>(time)});
  }
  void AddEvent(std::uint64_t row, Seconds time, std::string serious) {
    const auto add = [&](std::string_view field, std::string text) {
      history_.Add(subject_, {.item = catalog_->IndexOf(*catalog_->FindField("AE", field)),
                              .key = row,
                              .row = row,
                              .time = time,
                              .text = std::move(text)});
    };
    add("AETERM", "HEADACHE");
    add("AESER", std::move(serious));
  }

  std::shared_ptr<const Catalog> catalog_ = TestCatalog();
  History history_{catalog_};
  const std::uint32_t subject_ = history_.Subject("A", "S1");
};

TEST_F(CountOfTest, RowsUpToTheMomentAreCountedOverDaysOnStudy) {
  AddTime("first_dose", 10 * kDay + 3'600);
  AddEvent(1, 12 * kDay, "N");
  AddEvent(2, 13 * kDay, "Y");
  AddEvent(3, 30 * kDay, "Y");
  history_.Finish();
  HistorySubject record(history_);
  record.Select(subject_);
  const CatalogKri all{.numerator_form = "AE"};
  EXPECT_EQ(CountOf(all, record, 19 * kDay + 60), (RateCount{2, 10}));
  EXPECT_EQ(CountOf(all, record, 9 * kDay), (RateCount{0, 0}));
  const CatalogKri serious{
      .numerator_form = "AE", .numerator_field = "AESER", .numerator_term = "Y"};
  EXPECT_EQ(CountOf(serious, record, 40 * kDay), (RateCount{2, 31}));
  const CatalogKri share{.numerator_form = "AE",
                         .numerator_field = "AESER",
                         .numerator_term = "Y",
                         .denominator = "AE"};
  EXPECT_EQ(CountOf(share, record, 40 * kDay), (RateCount{2, 3}));
  EXPECT_EQ(KindOf(share), RateKind::kProportion);
  EXPECT_EQ(KindOf(serious), RateKind::kRate);
}

TEST_F(CountOfTest, AFieldThatHoldsNoTextEqualsNoTerm) {
  AddEvent(1, 12 * kDay, "Y");
  history_.Add(subject_, {.item = catalog_->IndexOf(*catalog_->FindField("AE", "AESTDT")),
                          .key = 7,
                          .row = 1,
                          .time = 12 * kDay,
                          .number = 4e9});
  history_.Finish();
  HistorySubject record(history_);
  record.Select(subject_);
  const CatalogKri dated{
      .numerator_form = "AE", .numerator_field = "AESTDT", .numerator_term = "Y"};
  EXPECT_EQ(CountOf(dated, record, 40 * kDay).numerator, 0);
}

TEST_F(CountOfTest, WithoutAReferenceDayThereIsNoExposure) {
  AddEvent(1, 12 * kDay, "N");
  history_.Finish();
  HistorySubject record(history_);
  record.Select(subject_);
  EXPECT_EQ(CountOf({.numerator_form = "AE"}, record, 19 * kDay), (RateCount{1, 0}));
}

TEST(KriTableTest, SumsOfShardsAddUpAndSitesAreScoredAgainstEachOther) {
  const std::shared_ptr<const Catalog> catalog = TestCatalog();
  KriSums one(catalog->kris.size());
  one.Add(0, "S1", {4, 60});
  one.Add(0, "S2", {20, 100});
  KriSums other(catalog->kris.size());
  other.Add(0, "S1", {6, 40});
  other.Add(0, "S3", {6, 100});
  one.Merge(other);
  const KriTable table(*catalog, one);
  const std::optional<KriValue> site = table.Value(0, "S1");
  ASSERT_TRUE(site.has_value());
  EXPECT_EQ(site->numerator, 10);
  EXPECT_EQ(site->denominator, 100);
  EXPECT_NEAR(site->rate, 0.1, kTolerance);
  EXPECT_NEAR(site->score, -std::sqrt(3.0 / 26), kTolerance);
  const std::optional<KriValue> study = table.Value(0, "");
  ASSERT_TRUE(study.has_value());
  EXPECT_NEAR(study->rate, 0.12, kTolerance);
  EXPECT_TRUE(std::isnan(study->score));
  EXPECT_FALSE(table.Value(0, "S4").has_value());
  EXPECT_FALSE(table.Value(99, "S1").has_value());
}

}  // namespace
}  // namespace vedette::rules
