// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/window_object.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>
#include <string>

#include "rules/clinical/clinical_objects.h"
#include "rules/clinical/series_math.h"

namespace vedette::rules {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Both ends over a limit above 0.
std::optional<IntervalValue> Ratio(const Observation& observation, double limit) {
  if (!(limit > 0)) {
    return std::nullopt;
  }
  const IntervalValue value = IntervalOf(observation, {});
  return IntervalValue{value.low / limit, value.high / limit};
}

class ObservationObject final : public Object {
 public:
  ObservationObject(const ClinicalScope& scope,
                    std::uint32_t item,
                    const Observation& observation,
                    const UnitConversion& conversion)
      : scope_(scope), item_(item), observation_(observation), conversion_(conversion) {}
  std::string_view TypeName() const override { return "observation"; }
  Value Select(std::string_view field) const override {
    return SelectOfObservation(scope_, item_, observation_, conversion_, field);
  }
  bool Has(std::string_view field) const override {
    const Value value = Select(field);
    return !value.IsUnknown() && !value.IsError();
  }
  Value Call(std::string_view function, std::span<const Value>) const override {
    return Value::Error("no function '" + std::string(function) + "' of an observation");
  }

 private:
  const ClinicalScope& scope_;
  std::uint32_t item_;
  Observation observation_;
  UnitConversion conversion_;
};

class WindowObject final : public Object {
 public:
  WindowObject(const ClinicalScope& scope,
               std::uint32_t item,
               std::vector<Observation> inside,
               UnitConversion conversion)
      : scope_(scope),
        item_(item),
        inside_(std::move(inside)),
        conversion_(std::move(conversion)) {}

  std::string_view TypeName() const override { return "window"; }
  Value Select(std::string_view field) const override {
    return Value::Error("no field '" + std::string(field) + "' of a window");
  }
  bool Has(std::string_view) const override { return false; }
  std::optional<ValueList> Elements() const override {
    ValueList all;
    for (const Observation& observation : inside_) {
      all.push_back(MakeObservation(scope_, item_, observation, conversion_));
    }
    return all;
  }

  Value Call(std::string_view function, std::span<const Value> arguments) const override {
    if (!arguments.empty()) {
      return Value::Error("functions of a window take nothing");
    }
    if (function == "count") return Value(static_cast<std::int64_t>(inside_.size()));
    if (function == "min" || function == "max") return Extreme(Values(), function == "max");
    if (function == "min_xuln" || function == "max_xuln") {
      return Extreme(Ratios(), function == "max_xuln");
    }
    if (function == "mean") return Mean();
    if (function == "sd") return StandardDeviation();
    if (function == "slope_per_day") return Slope();
    return Value::Error("no function '" + std::string(function) + "' of a window");
  }

 private:
  // Newest first, the order in which everything is summed.
  std::vector<IntervalValue> Values() const {
    std::vector<IntervalValue> values;
    for (const Observation& observation : std::views::reverse(inside_)) {
      values.push_back(IntervalOf(observation, conversion_));
    }
    return values;
  }
  std::vector<IntervalValue> Ratios() const {
    std::vector<IntervalValue> ratios;
    for (const Observation& observation : std::views::reverse(inside_)) {
      const double limit = scope_.subject().ranges().Range(observation.range()).high;
      if (const auto ratio = Ratio(observation, limit)) {
        ratios.push_back(*ratio);
      }
    }
    return ratios;
  }
  static Value Extreme(const std::vector<IntervalValue>& values, bool largest) {
    if (values.empty()) {
      return Value::Unknown();
    }
    IntervalValue result = values.front();
    for (const IntervalValue& value : values) {
      result.low = largest ? std::max(result.low, value.low) : std::min(result.low, value.low);
      result.high = largest ? std::max(result.high, value.high) : std::min(result.high, value.high);
    }
    return FromInterval(result);
  }
  Value Mean() const {
    if (inside_.empty()) {
      return Value::Unknown();
    }
    IntervalValue sum{0, 0};
    for (const IntervalValue& value : Values()) {
      sum.low += value.low;
      sum.high += value.high;
    }
    const auto count = static_cast<double>(inside_.size());
    return FromInterval({sum.low / count, sum.high / count});
  }
  // The values, unless one of them is only a bound.
  std::optional<std::vector<double>> Exact() const {
    std::vector<double> exact;
    for (const IntervalValue& value : Values()) {
      if (value.low != value.high) {
        return std::nullopt;
      }
      exact.push_back(value.low);
    }
    return exact;
  }
  Value StandardDeviation() const {
    const auto values = Exact();
    if (!values || values->size() < 2) {
      return Value::Unknown();
    }
    double sum = 0;
    for (const double value : *values) {
      sum += value;
    }
    const double mean = sum / static_cast<double>(values->size());
    double squares = 0;
    for (const double value : *values) {
      squares += (value - mean) * (value - mean);
    }
    return Value(std::sqrt(squares / static_cast<double>(values->size() - 1)));
  }
  Value Slope() const {
    const auto values = Exact();
    if (!values) {
      return Value::Unknown();
    }
    SlopeSum slope(scope_.anchor().as_of);
    for (std::size_t i = 0; i < values->size(); ++i) {
      slope.Add(inside_[inside_.size() - 1 - i].time(), (*values)[i]);
    }
    const double result = slope.Result();
    return std::isnan(result) ? Value::Unknown() : Value(result);
  }

  const ClinicalScope& scope_;
  std::uint32_t item_;
  std::vector<Observation> inside_;
  UnitConversion conversion_;
};

}  // namespace

IntervalValue IntervalOf(const Observation& observation, const UnitConversion& conversion) {
  // The bound itself is not among the numbers: "<3.42" is below 3.42.
  IntervalValue raw{observation.value(), observation.value()};
  if ((observation.flags() & Observation::kBelow) != 0) {
    raw = {-kInfinity, std::nextafter(raw.high, -kInfinity)};
  } else if ((observation.flags() & Observation::kAbove) != 0) {
    raw = {std::nextafter(raw.low, kInfinity), kInfinity};
  }
  const double low = raw.low * conversion.factor + conversion.offset;
  const double high = raw.high * conversion.factor + conversion.offset;
  return {std::min(low, high), std::max(low, high)};
}

Value FromInterval(IntervalValue interval) {
  if (std::isnan(interval.low) || std::isnan(interval.high)) {
    return Value::Unknown();
  }
  return interval.low == interval.high ? Value(interval.low) : Value(interval);
}

Value SelectOfObservation(const ClinicalScope& scope,
                          std::uint32_t item,
                          const Observation& observation,
                          const UnitConversion& conversion,
                          std::string_view field) {
  if (field == "value") {
    return ToValue(scope, item, observation, conversion);
  }
  if (field == "time") {
    return Value(TimestampValue{observation.time(), 0});
  }
  const ReferenceRange range = scope.subject().ranges().Range(observation.range());
  if (field == "uln" || field == "lln") {
    const double limit = field == "uln" ? range.high : range.low;
    return std::isnan(limit) ? Value::Unknown()
                             : Value(limit * conversion.factor + conversion.offset);
  }
  if (field == "xuln" || field == "xlln") {
    const auto ratio = Ratio(observation, field == "xuln" ? range.high : range.low);
    return ratio ? FromInterval(*ratio) : Value::Unknown();
  }
  return Value::Error("no field '" + std::string(field) + "' of an observation");
}

Value MakeObservation(const ClinicalScope& scope,
                      std::uint32_t item,
                      const Observation& observation,
                      const UnitConversion& conversion) {
  return Value(std::shared_ptr<const Object>(
      std::make_shared<const ObservationObject>(scope, item, observation, conversion)));
}

Value MakeWindow(const ClinicalScope& scope,
                 std::uint32_t item,
                 std::vector<Observation> inside,
                 const UnitConversion& conversion) {
  return Value(std::shared_ptr<const Object>(
      std::make_shared<const WindowObject>(scope, item, std::move(inside), conversion)));
}

}  // namespace vedette::rules
