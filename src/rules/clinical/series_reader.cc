// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/series_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "rules/clinical/series_math.h"
#include "rules/clinical/slot_value.h"
#include "rules/clinical/visit_schedule.h"

namespace vedette::rules {
namespace {

// Reads one feature of one item's series.
class SeriesReader {
 public:
  SeriesReader(const Feature& feature,
               const SubjectView& subject,
               const Anchor& anchor,
               const FeatureContext& context,
               bool* inexact)
      : feature_(feature),
        subject_(subject),
        anchor_(anchor),
        context_(context),
        inexact_(inexact),
        series_(subject.Series(feature.item)),
        own_(feature.item == anchor.item) {
    if (own_ && anchor.as_of == anchor.time) {
      seen_ = std::min<std::size_t>(anchor.index + std::size_t{1}, series_.size());
    } else {
      seen_ = SeenUpTo(anchor.as_of);
    }
  }

  Slot Read() {
    switch (feature_.kind) {
      case FeatureKind::kValue:
        return Number(Current());
      case FeatureKind::kTime:
        return TimeOf(Current());
      case FeatureKind::kUpperLimit:
        return Limit(Current(), &ReferenceRange::high);
      case FeatureKind::kLowerLimit:
        return Limit(Current(), &ReferenceRange::low);
      case FeatureKind::kRatioUpper:
        return RatioUpper(Current());
      case FeatureKind::kPrevious:
        return Number(Previous());
      case FeatureKind::kBaseline:
        return Number(Baseline());
      case FeatureKind::kBaselineUpperLimit:
        return Limit(Baseline(), &ReferenceRange::high);
      case FeatureKind::kAsOf:
        return Number(LatestInWindow());
      case FeatureKind::kGradeLow:
      case FeatureKind::kGradeHigh:
        return GradeOf(Current(), Baseline());
      case FeatureKind::kBaselineGradeLow:
      case FeatureKind::kBaselineGradeHigh: {
        const Observation* baseline = Baseline();
        return GradeOf(baseline, baseline);
      }
      case FeatureKind::kMissedInARow:
        return Missed();
      default:
        return Aggregate();
    }
  }

 private:
  std::size_t SeenUpTo(Seconds time) const {
    std::size_t end = series_.size();
    if (end == 0 || series_[end - 1].time() <= time) {
      return end;
    }
    return static_cast<std::size_t>(
        std::upper_bound(series_.begin(), series_.end(), time,
                         [](Seconds t, const Observation& o) { return t < o.time(); }) -
        series_.begin());
  }

  // The latest with value among the first `end`.
  const Observation* LatestBefore(std::size_t end) const {
    while (end > 0) {
      if (HasValue(series_[--end])) {
        return &series_[end];
      }
    }
    return nullptr;
  }
  const Observation* Current() const {
    return own_ && anchor_.index < series_.size() ? &series_[anchor_.index] : LatestBefore(seen_);
  }
  const Observation* Previous() const {
    const Observation* current = Current();
    for (std::uint32_t n = 0; n < feature_.count && current != nullptr; ++n) {
      current = LatestBefore(static_cast<std::size_t>(current - series_.data()));
    }
    return current;
  }
  const Observation* Baseline() const {
    if (context_.study->first_dose() == UINT32_MAX) {
      return nullptr;
    }
    const Observation* dose = subject_.Attribute(context_.study->first_dose());
    if (dose == nullptr || std::isnan(dose->value())) {
      return nullptr;
    }
    const auto first_dose = static_cast<Seconds>(dose->value());
    return anchor_.time <= first_dose ? nullptr : LatestBefore(SeenUpTo(first_dose));
  }
  const Observation* LatestInWindow() const {
    const Observation* latest = LatestBefore(seen_);
    return latest != nullptr && latest->time() >= anchor_.as_of - feature_.window ? latest
                                                                                  : nullptr;
  }

  double Converted(double number) const { return number * feature_.factor + feature_.offset; }
  void Note(const Observation& observation) {
    if (!observation.exact()) {
      *inexact_ = true;
    }
  }

  Slot Number(const Observation* observation) {
    if (observation == nullptr) {
      return Missing(feature_.slot);
    }
    Note(*observation);
    return FromNumber(feature_.slot, Converted(observation->value()));
  }
  Slot TimeOf(const Observation* observation) const {
    return observation == nullptr ? Missing(feature_.slot)
                                  : FromInteger(feature_.slot, observation->time());
  }
  Slot Limit(const Observation* observation, double ReferenceRange::* end) const {
    return observation == nullptr
               ? Missing(feature_.slot)
               : FromNumber(feature_.slot,
                            Converted(subject_.ranges().Range(observation->range()).*end));
  }
  double Ratio(const Observation& observation) const {
    return RatioToLimit(observation.value(), subject_.ranges().Range(observation.range()).high);
  }
  Slot RatioUpper(const Observation* observation) {
    if (observation == nullptr) {
      return Missing(feature_.slot);
    }
    Note(*observation);
    return FromNumber(feature_.slot, Ratio(*observation));
  }

  Slot GradeOf(const Observation* observation, const Observation* baseline) {
    const bool low =
        feature_.kind == FeatureKind::kGradeLow || feature_.kind == FeatureKind::kBaselineGradeLow;
    const GradeCriteria* criteria =
        context_.study->Criteria(feature_.item, low ? GradeDirection::kLow : GradeDirection::kHigh);
    if (observation == nullptr || criteria == nullptr) {
      return Missing(feature_.slot);
    }
    Note(*observation);
    const ReferenceRange range = subject_.ranges().Range(observation->range());
    GradeInput input{
        .value = observation->value(), .lower_limit = range.low, .upper_limit = range.high};
    if (baseline != nullptr) {
      Note(*baseline);
      input.baseline = baseline->value();
      const ReferenceRange baseline_range = subject_.ranges().Range(baseline->range());
      input.baseline_lower_limit = baseline_range.low;
      input.baseline_upper_limit = baseline_range.high;
    }
    const int grade = Grade(*criteria, input);
    return grade < 0 ? Missing(feature_.slot) : FromInteger(feature_.slot, grade);
  }

  Slot Missed() const {
    const std::int64_t every = context_.study->catalog().items[feature_.item].expected_every;
    const Observation* last = LatestBefore(SeenUpTo(std::min(anchor_.as_of, anchor_.now)));
    std::optional<Seconds> since;
    if (last != nullptr) {
      since = last->time();
    } else {
      since = TimeAttribute(subject_, subject_.catalog().first_dose);
    }
    if (every <= 0 || !since) {
      return Missing(feature_.slot);
    }
    return FromInteger(feature_.slot, MissedEntries(*since, every, anchor_.now));
  }

  // Calls `each` for what lies in the window, newest first.
  template <class Each>
  void ForWindow(Each each) const {
    const Seconds from = anchor_.as_of - feature_.window;
    for (std::size_t i = seen_; i > 0 && series_[i - 1].time() >= from; --i) {
      if (HasValue(series_[i - 1])) {
        each(series_[i - 1]);
      }
    }
  }

  Slot Aggregate() {
    const SlotKind kind = feature_.slot;
    std::int64_t count = 0;
    double result = kUnknownNumber;
    switch (feature_.kind) {
      case FeatureKind::kCount:
        ForWindow([&](const Observation&) { ++count; });
        return FromInteger(kind, count);
      case FeatureKind::kMinimum:
        ForWindow([&](const Observation& observation) {
          Note(observation);
          const double value = Converted(observation.value());
          result = value >= result ? result : value;
        });
        return FromNumber(kind, result);
      case FeatureKind::kMaximum:
        ForWindow([&](const Observation& observation) {
          Note(observation);
          const double value = Converted(observation.value());
          result = value <= result ? result : value;
        });
        return FromNumber(kind, result);
      case FeatureKind::kMaximumRatioUpper:
      case FeatureKind::kMinimumRatioUpper: {
        const bool largest = feature_.kind == FeatureKind::kMaximumRatioUpper;
        ForWindow([&](const Observation& observation) {
          const double ratio = Ratio(observation);
          if (std::isnan(ratio)) {
            return;
          }
          Note(observation);
          if (largest ? !(ratio <= result) : !(ratio >= result)) {
            result = ratio;
          }
        });
        return FromNumber(kind, result);
      }
      case FeatureKind::kMean:
        return FromNumber(kind, Mean(&count));
      case FeatureKind::kStandardDeviation: {
        const double mean = Mean(&count);
        double squares = 0;
        ForWindow([&](const Observation& observation) {
          const double difference = Converted(observation.value()) - mean;
          squares += difference * difference;
        });
        return FromNumber(
            kind, count < 2 ? kUnknownNumber : std::sqrt(squares / static_cast<double>(count - 1)));
      }
      case FeatureKind::kSlopePerDay: {
        SlopeSum slope(anchor_.as_of);
        ForWindow([&](const Observation& observation) {
          Note(observation);
          slope.Add(observation.time(), Converted(observation.value()));
        });
        return FromNumber(kind, slope.Result());
      }
      default:
        return Missing(kind);
    }
  }

  double Mean(std::int64_t* count) {
    double sum = 0;
    ForWindow([&](const Observation& observation) {
      Note(observation);
      sum += Converted(observation.value());
      ++*count;
    });
    return *count == 0 ? kUnknownNumber : sum / static_cast<double>(*count);
  }

  const Feature& feature_;
  const SubjectView& subject_;
  const Anchor& anchor_;
  const FeatureContext& context_;
  bool* inexact_;
  std::span<const Observation> series_;
  bool own_;
  std::size_t seen_ = 0;
};

}  // namespace

Slot ReadSeries(const Feature& feature,
                const SubjectView& subject,
                const Anchor& anchor,
                const FeatureContext& context,
                bool* inexact) {
  return SeriesReader(feature, subject, anchor, context, inexact).Read();
}

}  // namespace vedette::rules
