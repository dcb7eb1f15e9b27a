// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/series_objects.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "model/unit_table.h"
#include "rules/clinical/clinical_objects.h"
#include "rules/clinical/series_math.h"
#include "rules/clinical/visit_schedule.h"
#include "rules/clinical/window_object.h"
#include "rules/scores/grading.h"

namespace vedette::rules {
namespace {

const std::int64_t* WholeNumber(std::span<const Value> arguments) {
  return arguments.size() == 1 ? arguments[0].As<std::int64_t>() : nullptr;
}

// How many of a series, oldest first, lie before `end`.
std::size_t CountBefore(std::span<const Observation> series, Seconds end) {
  return static_cast<std::size_t>(std::ranges::lower_bound(series, end, {}, &Observation::time) -
                                  series.begin());
}

}  // namespace

std::optional<UnitConversion> ConversionOf(const CatalogItem& item, std::string_view unit) {
  if (unit == item.unit) {
    return UnitConversion{.unit = std::string(unit)};
  }
  return ConvertUnit(item.grading.empty() ? item.code : item.grading, item.unit, unit);
}

UnitConversion UnitOfRule(const ClinicalScope& scope, std::uint32_t item) {
  const CatalogItem& entry = scope.subject().catalog().items[item];
  const auto* units = scope.context().units;
  if (units != nullptr) {
    if (const auto unit = units->find(entry.name); unit != units->end()) {
      return ConversionOf(entry, unit->second).value_or(UnitConversion{});
    }
  }
  return {};
}

Value ToValue(const ClinicalScope& scope,
              std::uint32_t item,
              const Observation& observation,
              const UnitConversion& conversion) {
  if ((observation.flags() & Observation::kAbsent) != 0 || std::isnan(observation.value())) {
    return Value::Unknown();
  }
  switch (scope.subject().catalog().items[item].kind) {
    case ValueKind::kText:
      return Value::Text(std::string(
          scope.subject().texts().Text(static_cast<std::uint32_t>(observation.value()))));
    case ValueKind::kTime:
      return Value(TimestampValue{static_cast<std::int64_t>(observation.value()), 0});
    case ValueKind::kBoolean:
      return Value(observation.value() != 0);
    case ValueKind::kNumber:
      break;
  }
  return FromInterval(IntervalOf(observation, conversion));
}

SeriesObject::SeriesObject(const ClinicalScope& scope,
                           std::uint32_t item,
                           UnitConversion conversion)
    : scope_(scope), item_(item), conversion_(std::move(conversion)) {
  const Anchor& anchor = scope.anchor();
  const auto series = scope.subject().Series(item);
  // Of its own item an anchor that does not settle sees nothing after itself.
  const bool own = anchor.item == item;
  seen_ = own && anchor.as_of == anchor.time
              ? series.first(std::min<std::size_t>(series.size(), std::size_t{anchor.index} + 1))
              : series.first(CountBefore(series, anchor.as_of + 1));
  if (!own) {
    current_ = static_cast<std::ptrdiff_t>(seen_.size()) - 1;
  } else if (anchor.index < seen_.size()) {
    current_ = static_cast<std::ptrdiff_t>(anchor.index);
  }
}

Value SeriesObject::ValueAt(std::ptrdiff_t position) const {
  return position < 0
             ? Value::Unknown()
             : ToValue(scope_, item_, seen_[static_cast<std::size_t>(position)], conversion_);
}

Value SeriesObject::ObservationAt(std::ptrdiff_t position) const {
  return position < 0 ? Value::Unknown()
                      : MakeObservation(scope_, item_, seen_[static_cast<std::size_t>(position)],
                                        conversion_);
}

std::ptrdiff_t SeriesObject::Baseline() const {
  const auto dose = TimeAttribute(scope_.subject(), scope_.subject().catalog().first_dose);
  if (!dose || scope_.anchor().time <= *dose) {
    return -1;
  }
  return static_cast<std::ptrdiff_t>(CountBefore(seen_, *dose + 1)) - 1;
}

std::span<const Observation> SeriesObject::Between(Seconds begin, Seconds end) const {
  const std::size_t from = CountBefore(seen_, begin);
  return seen_.subspan(from, std::max(CountBefore(seen_, end), from) - from);
}

Value SeriesObject::GradeAt(std::ptrdiff_t position, std::ptrdiff_t baseline, bool low) const {
  const GradeCriteria* criteria =
      scope_.context().study->Criteria(item_, low ? GradeDirection::kLow : GradeDirection::kHigh);
  if (position < 0 || criteria == nullptr) {
    return Value::Unknown();
  }
  const RangeTable& ranges = scope_.subject().ranges();
  const auto number = [](const Observation& observation, bool highest) {
    const IntervalValue interval = IntervalOf(observation, {});
    return highest ? interval.high : interval.low;
  };
  // Where the value is only a bound, the grades of all its ends must agree.
  std::optional<int> agreed;
  for (const bool value_high : {false, true}) {
    for (const bool baseline_high : {false, true}) {
      const Observation& observation = seen_[static_cast<std::size_t>(position)];
      const ReferenceRange range = ranges.Range(observation.range());
      GradeInput input{.value = number(observation, value_high),
                       .lower_limit = range.low,
                       .upper_limit = range.high};
      if (baseline >= 0) {
        const Observation& first = seen_[static_cast<std::size_t>(baseline)];
        input.baseline = number(first, baseline_high);
        const ReferenceRange baseline_range = ranges.Range(first.range());
        input.baseline_lower_limit = baseline_range.low;
        input.baseline_upper_limit = baseline_range.high;
      }
      const int grade = Grade(*criteria, input);
      if (agreed && *agreed != grade) {
        return Value::Unknown();
      }
      agreed = grade;
    }
  }
  return *agreed < 0 ? Value::Unknown() : Value(std::int64_t{*agreed});
}

Value SeriesObject::Change(bool percent) const {
  const std::ptrdiff_t baseline = Baseline();
  if (current_ < 0 || baseline < 0) {
    return Value::Unknown();
  }
  const IntervalValue value = IntervalOf(seen_[static_cast<std::size_t>(current_)], conversion_);
  const IntervalValue from = IntervalOf(seen_[static_cast<std::size_t>(baseline)], conversion_);
  const IntervalValue change{value.low - from.high, value.high - from.low};
  if (!percent) {
    return FromInterval(change);
  }
  if (from.low <= 0 && from.high >= 0) {
    return Value::Unknown();
  }
  const double ends[] = {100 * change.low / from.low, 100 * change.low / from.high,
                         100 * change.high / from.low, 100 * change.high / from.high};
  if (std::ranges::any_of(ends, [](double end) { return std::isnan(end); })) {
    return Value::Unknown();  // infinity over infinity
  }
  const auto [low, high] = std::minmax_element(std::begin(ends), std::end(ends));
  return FromInterval({*low, *high});
}

Value SeriesObject::Select(std::string_view field) const {
  if (field == "value") return ValueAt(current_);
  if (field == "baseline") return ValueAt(Baseline());
  if (field == "prev") return ObservationAt(current_ - 1);
  if (field == "change") return Change(false);
  if (field == "pct_change") return Change(true);
  if (field == "grade_low") return GradeAt(current_, Baseline(), true);
  if (field == "grade_high") return GradeAt(current_, Baseline(), false);
  if (field == "base_grade_low") return GradeAt(Baseline(), Baseline(), true);
  if (field == "base_grade_high") return GradeAt(Baseline(), Baseline(), false);
  if (current_ < 0) {
    return Value::Unknown();
  }
  return SelectOfObservation(scope_, item_, seen_[static_cast<std::size_t>(current_)], conversion_,
                             field);
}

bool SeriesObject::Has(std::string_view field) const {
  const Value value = Select(field);
  return !value.IsUnknown() && !value.IsError();
}

Value SeriesObject::Call(std::string_view function, std::span<const Value> arguments) const {
  if (function == "missed_in_a_row" && arguments.empty()) {
    return MissedInARow();
  }
  if (function == "in") {
    const std::string* unit = arguments.size() == 1 ? arguments[0].AsText() : nullptr;
    const auto conversion = unit == nullptr
                                ? std::nullopt
                                : ConversionOf(scope_.subject().catalog().items[item_], *unit);
    return conversion ? Value(std::shared_ptr<const Object>(
                            std::make_shared<const SeriesObject>(scope_, item_, *conversion)))
                      : Value::Error("the series does not convert to this unit");
  }
  if (function == "before" && arguments.size() == 2) {
    const auto* end = arguments[0].As<TimestampValue>();
    const auto* length = arguments[1].As<DurationValue>();
    if (end == nullptr) {
      return arguments[0].IsUnknown() ? Value::Unknown()
                                      : Value::Error("before takes a time and a length of time");
    }
    return length == nullptr ? Value::Error("before takes a time and a length of time")
                             : Before(end->seconds, length->seconds);
  }
  if (const auto* count = WholeNumber(arguments); count != nullptr && *count >= 0) {
    if (function == "prev") {
      return *count > current_ ? Value::Unknown() : ObservationAt(current_ - *count);
    }
    if (function == "last") {
      ValueList latest;
      const auto size = static_cast<std::int64_t>(seen_.size());
      for (std::int64_t i = std::max<std::int64_t>(0, size - *count); i < size; ++i) {
        latest.push_back(ObservationAt(i));
      }
      return Value::List(std::move(latest));
    }
  }
  const auto* length = arguments.size() == 1 ? arguments[0].As<DurationValue>() : nullptr;
  if (length != nullptr && (function == "window" || function == "asof")) {
    const Seconds as_of = scope_.anchor().as_of;
    const auto inside = Between(as_of - length->seconds, as_of + 1);
    if (function == "asof") {
      return inside.empty() ? Value::Unknown() : ToValue(scope_, item_, inside.back(), conversion_);
    }
    return MakeWindow(scope_, item_, {inside.begin(), inside.end()}, conversion_);
  }
  return Value::Error("no function '" + std::string(function) + "' of a series");
}

Value SeriesObject::Before(Seconds end, Seconds length) const {
  ValueList found;
  for (const Observation& observation : Between(end - length, end)) {
    found.push_back(MakeObservation(scope_, item_, observation, conversion_));
  }
  return Value::List(std::move(found));
}

Value SeriesObject::MissedInARow() const {
  const Seconds now = scope_.anchor().now;
  const Seconds every = scope_.subject().catalog().items[item_].expected_every;
  std::optional<Seconds> since =
      TimeAttribute(scope_.subject(), scope_.subject().catalog().first_dose);
  const auto series = scope_.subject().Series(item_);
  const std::size_t entered = CountBefore(series, std::min(scope_.anchor().as_of, now) + 1);
  if (entered > 0) since = series[entered - 1].time();
  if (every <= 0 || !since) {
    return Value::Unknown();
  }
  std::int64_t missed = 0;
  if (now > *since) {
    missed = (now - *since + every - 1) / every - 1;
  }
  return Value(missed);
}

std::optional<ValueList> SeriesObject::Elements() const {
  ValueList all;
  for (const Observation& observation : seen_) {
    all.push_back(MakeObservation(scope_, item_, observation, conversion_));
  }
  return all;
}

}  // namespace vedette::rules
