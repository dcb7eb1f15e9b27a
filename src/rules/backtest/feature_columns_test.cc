// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/feature_columns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "rules/check/test_catalog.h"

namespace vedette::rules {
namespace {

struct Point {
  Seconds time = 0;
  std::uint64_t key = 0;
  double value = 0;
  double upper = 0;
  std::uint8_t flags = 0;
};
using Points = std::vector<Point>;

struct Answer {
  Slot slot;
  bool bounded = false;
};

// The definitions of src/rules/README.md, as plainly as they can be written down.
class Definition {
 public:
  Definition(const Feature& feature, const Points& series, std::optional<Seconds> first_dose)
      : feature_(feature), series_(series), first_dose_(first_dose) {}

  // `own`: the anchor's place in the series when it is of the same item.
  Answer At(const Point& anchor, std::optional<std::size_t> own, Seconds settle) const {
    Points seen;
    const Seconds as_of = anchor.time + settle;
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const bool visible = own && settle == 0 ? i <= *own : series_[i].time <= as_of;
      if (visible) {
        seen.push_back(series_[i]);
      }
    }
    Points until_current = seen;
    if (own) {
      until_current.assign(series_.begin(),
                           series_.begin() + static_cast<std::ptrdiff_t>(*own) + 1);
    }
    Points window;
    for (const Point& point : seen) {
      if (point.time >= as_of - feature_.window) {
        window.push_back(point);
      }
    }
    std::reverse(window.begin(), window.end());
    switch (feature_.kind) {
      case FeatureKind::kValue:
        return until_current.empty() ? Unknown() : Number(until_current.back());
      case FeatureKind::kTime:
        return until_current.empty() ? Unknown() : Answer{{.integer = until_current.back().time}};
      case FeatureKind::kUpperLimit:
        return until_current.empty() ? Unknown() : Answer{{.number = until_current.back().upper}};
      case FeatureKind::kRatioUpper:
        return until_current.empty() ? Unknown() : Ratio(until_current.back());
      case FeatureKind::kPrevious:
        return until_current.size() <= feature_.count
                   ? Unknown()
                   : Number(until_current[until_current.size() - 1 - feature_.count]);
      case FeatureKind::kAsOf:
        return window.empty() ? Unknown() : Number(window.front());
      case FeatureKind::kBaseline:
        return Baseline(anchor);
      case FeatureKind::kCount:
        return {{.integer = static_cast<std::int64_t>(window.size())}};
      default:
        return Aggregate(window, as_of);
    }
  }

 private:
  Answer Unknown() const { return {UnknownSlot(feature_.slot)}; }
  double Convert(double value) const { return value * feature_.factor + feature_.offset; }
  Answer Number(const Point& point) const {
    return point.flags != 0 ? Answer{UnknownSlot(feature_.slot), true}
                            : Answer{{.number = Convert(point.value)}};
  }
  Answer Ratio(const Point& point) const {
    if (point.flags != 0) {
      return {UnknownSlot(feature_.slot), true};
    }
    return point.upper > 0 ? Answer{{.number = point.value / point.upper}} : Unknown();
  }
  Answer Baseline(const Point& anchor) const {
    if (!first_dose_ || anchor.time <= *first_dose_) {
      return Unknown();
    }
    Answer answer = Unknown();
    for (const Point& point : series_) {
      if (point.time <= *first_dose_) {
        answer = Number(point);
      }
    }
    return answer;
  }
  Answer Aggregate(const Points& newest_first, Seconds as_of) const {
    const auto n = static_cast<double>(newest_first.size());
    std::vector<double> numbers;
    std::vector<double> ratios;
    std::vector<double> days;
    for (const Point& point : newest_first) {
      if (point.flags != 0) {
        return {UnknownSlot(feature_.slot), true};
      }
      numbers.push_back(Convert(point.value));
      days.push_back(static_cast<double>(point.time - as_of) / 86'400.0);
      if (point.upper > 0) {
        ratios.push_back(point.value / point.upper);
      }
    }
    const auto most = [](const std::vector<double>& values) {
      return values.empty() ? std::nan("") : *std::max_element(values.begin(), values.end());
    };
    const auto least = [](const std::vector<double>& values) {
      return values.empty() ? std::nan("") : *std::min_element(values.begin(), values.end());
    };
    double mean = std::nan("");
    if (n > 0) {
      mean = 0;
      for (const double number : numbers) mean += number;
      mean /= n;
    }
    switch (feature_.kind) {
      case FeatureKind::kMinimum:
        return {{.number = least(numbers)}};
      case FeatureKind::kMaximum:
        return {{.number = most(numbers)}};
      case FeatureKind::kMinimumRatioUpper:
        return {{.number = least(ratios)}};
      case FeatureKind::kMaximumRatioUpper:
        return {{.number = most(ratios)}};
      case FeatureKind::kMean:
        return {{.number = mean}};
      case FeatureKind::kStandardDeviation: {
        double squares = 0;
        for (const double number : numbers) squares += (number - mean) * (number - mean);
        return {{.number = n < 2 ? std::nan("") : std::sqrt(squares / (n - 1))}};
      }
      case FeatureKind::kSlopePerDay: {
        double x = 0, y = 0, xx = 0, xy = 0;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
          x += days[i];
          y += numbers[i];
          xx += days[i] * days[i];
          xy += days[i] * numbers[i];
        }
        const double spread = n * xx - x * x;
        return {{.number = n < 2 || !(spread > 0) ? std::nan("") : (n * xy - x * y) / spread}};
      }
      default:
        ADD_FAILURE() << "a feature without definition";
        return Unknown();
    }
  }

  Feature feature_;
  const Points& series_;
  std::optional<Seconds> first_dose_;
};

bool SameBits(SlotKind kind, Slot a, Slot b) {
  if (kind == SlotKind::kNumber && std::isnan(a.number) && std::isnan(b.number)) {
    return true;
  }
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// Two items of eight subjects: crowded seconds, gaps, bounds, missing and useless limits.
class FeatureColumnsTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kSubjects = 8;

  FeatureColumnsTest() {
    std::mt19937_64 random(11);
    const CatalogItem& dose_item = *catalog_->FindAttribute("first_dose");
    for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
      history_.Subject("S" + std::to_string(subject), "site");
      Fill(random, alt_, alt_points_[subject], subject, subject == 5 ? 0 : 60);
      Fill(random, creatinine_, creatinine_points_[subject], subject, subject == 3 ? 0 : 90);
      if (subject % 4 != 1) {
        doses_[subject] = 20 * kDay;
        history_.Add(subject, {.item = catalog_->IndexOf(dose_item),
                               .key = 1,
                               .time = 1,
                               .number = static_cast<double>(*doses_[subject])});
      }
    }
    history_.Finish();
  }

  void Fill(std::mt19937_64& random,
            std::uint32_t item,
            Points& points,
            std::uint32_t subject,
            std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const double uppers[] = {40, 35, 0, std::nan("")};
      Point point{.time = static_cast<Seconds>(random() % 80) * (kDay / 2),
                  .key = random(),
                  .value = static_cast<double>(random() % 1'000) / 7,
                  .upper = uppers[random() % 4],
                  .flags = random() % 15 == 0 ? Observation::kBelow : Observation::kNone};
      points.push_back(point);
      history_.Add(subject, {.item = item,
                             .key = point.key,
                             .time = point.time,
                             .number = point.value,
                             .flags = point.flags,
                             .range_high = point.upper});
    }
    std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
      return a.time != b.time ? a.time < b.time : a.key < b.key;
    });
  }

  // Every row, and a random third of them, against the definition.
  void Check(const Feature& feature, Seconds settle) {
    const bool own = feature.item == alt_;
    FeatureColumns columns({&history_, alt_, settle, 0}, std::span(&feature, 1), nullptr);
    const ItemColumns& anchors = history_.Item(alt_);
    std::mt19937_64 random(5);
    for (const std::uint32_t first_subject : {0U, 2U}) {
      const RowRange range{first_subject, kSubjects, anchors.offsets[first_subject],
                           anchors.offsets[kSubjects]};
      RowBits wanted;
      wanted.Reset(range.size(), first_subject == 0);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (random() % 3 == 0) wanted.Set(i, true);
      }
      columns.Start(range);
      columns.Compute(0, wanted);
      for (std::uint32_t subject = first_subject; subject < kSubjects; ++subject) {
        const Points& series = own ? alt_points_[subject] : creatinine_points_[subject];
        const Definition definition(feature, series, doses_[subject]);
        for (std::size_t i = 0; i < alt_points_[subject].size(); ++i) {
          const std::size_t offset = anchors.offsets[subject] + i - range.begin;
          if (!wanted.Test(offset)) continue;
          const Answer expected =
              definition.At(alt_points_[subject][i], own ? std::optional(i) : std::nullopt, settle);
          const Slot found = columns.At(0, offset).values[0];
          EXPECT_TRUE(SameBits(feature.slot, found, expected.slot))
              << "kind " << static_cast<int>(feature.kind) << " subject " << subject << " row " << i
              << ": " << found.number << " instead of " << expected.slot.number;
          EXPECT_EQ(columns.bounded().Test(offset), expected.bounded)
              << "kind " << static_cast<int>(feature.kind) << " subject " << subject << " row "
              << i;
        }
      }
    }
  }

  std::shared_ptr<const Catalog> catalog_ = TestCatalog();
  History history_{catalog_};
  const std::uint32_t alt_ = catalog_->IndexOf(*catalog_->FindSeries("lab.ALT"));
  const std::uint32_t creatinine_ = catalog_->IndexOf(*catalog_->FindSeries("lab.CREAT"));
  Points alt_points_[kSubjects];
  Points creatinine_points_[kSubjects];
  std::optional<Seconds> doses_[kSubjects];
};

TEST_F(FeatureColumnsTest, AreWhatTheDefinitionSays) {
  struct Case {
    FeatureKind kind;
    SlotKind slot = SlotKind::kNumber;
    std::uint32_t count = 0;
  };
  const Case cases[] = {{FeatureKind::kValue},
                        {FeatureKind::kTime, SlotKind::kTime},
                        {FeatureKind::kUpperLimit},
                        {FeatureKind::kRatioUpper},
                        {FeatureKind::kPrevious, SlotKind::kNumber, 1},
                        {FeatureKind::kPrevious, SlotKind::kNumber, 4},
                        {FeatureKind::kBaseline},
                        {FeatureKind::kAsOf},
                        {FeatureKind::kCount, SlotKind::kInteger},
                        {FeatureKind::kMinimum},
                        {FeatureKind::kMaximum},
                        {FeatureKind::kMean},
                        {FeatureKind::kStandardDeviation},
                        {FeatureKind::kSlopePerDay},
                        {FeatureKind::kMaximumRatioUpper},
                        {FeatureKind::kMinimumRatioUpper}};
  for (const Case& one : cases) {
    for (const std::uint32_t item : {alt_, creatinine_}) {
      for (const Seconds window : {Seconds{0}, 2 * kDay, 14 * kDay}) {
        for (const Seconds settle : {Seconds{0}, 3 * kDay}) {
          Check({.kind = one.kind,
                 .slot = one.slot,
                 .item = item,
                 .window = window,
                 .count = one.count},
                settle);
        }
      }
    }
  }
}

TEST_F(FeatureColumnsTest, NumbersAreInTheUnitOfTheRule) {
  for (const FeatureKind kind : {FeatureKind::kValue, FeatureKind::kMean, FeatureKind::kMinimum,
                                 FeatureKind::kSlopePerDay, FeatureKind::kBaseline}) {
    for (const std::uint32_t item : {alt_, creatinine_}) {
      Check({.kind = kind, .item = item, .window = 14 * kDay, .factor = 88.4, .offset = -3}, 0);
    }
  }
}

TEST_F(FeatureColumnsTest, AttributesAreSeenAtAllTimes) {
  const std::uint32_t dose = catalog_->IndexOf(*catalog_->FindAttribute("first_dose"));
  const Feature feature{.kind = FeatureKind::kAttribute, .slot = SlotKind::kTime, .item = dose};
  FeatureColumns columns({&history_, alt_, 0, 0}, std::span(&feature, 1), nullptr);
  const ItemColumns& anchors = history_.Item(alt_);
  const RowRange range{0, kSubjects, 0, anchors.offsets[kSubjects]};
  RowBits wanted;
  wanted.Reset(range.size(), true);
  columns.Start(range);
  EXPECT_EQ(columns.At(0, 0).values[0].integer, kMissing) << "before it is computed";
  columns.Compute(0, wanted);
  for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
    for (std::uint32_t row = anchors.offsets[subject]; row < anchors.offsets[subject + 1]; ++row) {
      EXPECT_EQ(columns.At(0, row).values->integer, doses_[subject].value_or(kMissing));
    }
  }
}

TEST_F(FeatureColumnsTest, TheAnchorsOwnColumnsAreNotCopied) {
  const Feature features[] = {
      {.kind = FeatureKind::kAnchorTime, .slot = SlotKind::kTime},
      {.kind = FeatureKind::kUpperLimit, .item = alt_},
      {.kind = FeatureKind::kNow, .slot = SlotKind::kTime},
  };
  FeatureColumns columns({&history_, alt_, 0, 77}, features, nullptr);
  const ItemColumns& anchors = history_.Item(alt_);
  columns.Start({0, kSubjects, 0, anchors.offsets[kSubjects]});
  const auto address = [&](std::size_t feature) {
    return static_cast<const void*>(columns.At(feature, 3).values);
  };
  EXPECT_EQ(address(0), static_cast<const void*>(anchors.time.data() + 3));
  EXPECT_EQ(address(1), static_cast<const void*>(anchors.upper_limit.data() + 3));
  EXPECT_TRUE(columns.At(2, 3).constant);
  EXPECT_EQ(columns.At(2, 3).values->integer, 77);
}

}  // namespace
}  // namespace vedette::rules
