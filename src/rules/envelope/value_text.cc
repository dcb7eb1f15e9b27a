// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

#include "model/number_text.h"
#include "rules/envelope/duration_text.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kMaxElements = 10;

std::string IntervalText(const IntervalValue& interval) {
  if (interval.low == interval.high) return NumberText(interval.low);
  if (std::isinf(interval.low)) return "<" + NumberText(interval.high);
  if (std::isinf(interval.high)) return ">" + NumberText(interval.low);
  return NumberText(interval.low) + " to " + NumberText(interval.high);
}

std::string ListText(const ValueList& list) {
  std::string text = "[";
  for (std::size_t i = 0; i < std::min(list.size(), kMaxElements); ++i) {
    text += (i == 0 ? "" : ", ") + ValueText(list[i]);
  }
  if (list.size() > kMaxElements) text += ", …";
  return text + "]";
}

std::optional<double> NumberOf(const Value& value) {
  if (const double* number = value.As<double>()) return *number;
  if (const auto* integer = value.As<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* integer = value.As<std::uint64_t>()) return static_cast<double>(*integer);
  return std::nullopt;
}

bool IsMissing(const Value& value) {
  const auto* optional = value.As<OptionalValue>();
  return value.IsUnknown() || value.IsError() || value.As<NullValue>() != nullptr ||
         (optional != nullptr && optional->value == nullptr);
}

}  // namespace

std::string DateText(Seconds time) {
  const auto days =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(time)));
  const std::chrono::year_month_day date(days);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string DateTimeText(Seconds time) {
  const Seconds of_day = ((time % kDay) + kDay) % kDay;
  return fmt::format("{} {:02}:{:02}", DateText(time), of_day / 3600, of_day / 60 % 60);
}

std::string ValueText(const Value& value) {
  if (IsMissing(value)) return "unknown";
  if (const bool* truth = value.As<bool>()) return *truth ? "true" : "false";
  if (const auto* integer = value.As<std::int64_t>()) return std::to_string(*integer);
  if (const auto* integer = value.As<std::uint64_t>()) return std::to_string(*integer);
  if (const double* number = value.As<double>()) return NumberText(*number);
  if (const auto* interval = value.As<IntervalValue>()) return IntervalText(*interval);
  if (const std::string* text = value.AsText()) return *text;
  if (const auto* time = value.As<TimestampValue>()) {
    return time->seconds % kDay == 0 ? DateText(time->seconds) : DateTimeText(time->seconds);
  }
  if (const auto* duration = value.As<DurationValue>()) {
    const std::string sign = duration->seconds < 0 ? "-" : "";
    return sign + DurationText(std::abs(duration->seconds));
  }
  if (const auto* optional = value.As<OptionalValue>()) return ValueText(*optional->value);
  if (const auto* list = value.As<std::shared_ptr<const ValueList>>()) return ListText(**list);
  return "";
}

std::string FormatValue(const Value& value,
                        TemplateFormat format,
                        std::uint8_t decimals,
                        std::string_view unknown) {
  if (IsMissing(value)) return std::string(unknown);
  if (format == TemplateFormat::kFixed) {
    if (const std::optional<double> number = NumberOf(value)) {
      return fmt::format("{:.{}f}", *number, decimals);
    }
  }
  if (const auto* time = value.As<TimestampValue>()) {
    if (format == TemplateFormat::kDate) return DateText(time->seconds);
    if (format == TemplateFormat::kDateTime) return DateTimeText(time->seconds);
  }
  return ValueText(value);
}

}  // namespace vedette::rules
