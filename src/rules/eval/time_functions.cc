// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"
#include "rules/eval/time_text.h"
#include "rules/eval/zone.h"

namespace vedette::rules {
namespace {

// A part of a timestamp on the calendar of a zone, UTC when none is given.
template <class Part>
Value OfTimestamp(std::string_view name, Arguments arguments, Part part) {
  const auto* time = arguments.empty() ? nullptr : arguments[0].As<TimestampValue>();
  const std::string* zone = TextAt(arguments, 1);
  if (time == nullptr || arguments.size() > 2 || (arguments.size() == 2 && zone == nullptr)) {
    return NoOperation(name, arguments);
  }
  const auto offset =
      zone == nullptr ? std::optional<std::int32_t>(0) : ZoneOffset(*zone, time->seconds);
  return offset ? Value(static_cast<std::int64_t>(part(CivilTimeOf(time->seconds + *offset))))
                : Value::Error("no such time zone");
}

// Of a timestamp as above, of a duration the whole of it in seconds divided by `unit`.
template <class Part>
Value OfTimeOrDuration(std::string_view name, Arguments arguments, std::int64_t unit, Part part) {
  const auto* duration = arguments.size() == 1 ? arguments[0].As<DurationValue>() : nullptr;
  return duration != nullptr ? Value(duration->seconds / unit) : OfTimestamp(name, arguments, part);
}

Value FullYear(Arguments a) {
  return OfTimestamp("getFullYear", a, [](const CivilTime& civil) { return civil.year; });
}
Value Month(Arguments a) {
  return OfTimestamp("getMonth", a, [](const CivilTime& civil) { return civil.month - 1; });
}
Value Date(Arguments a) {
  return OfTimestamp("getDate", a, [](const CivilTime& civil) { return civil.day; });
}
Value DayOfMonth(Arguments a) {
  return OfTimestamp("getDayOfMonth", a, [](const CivilTime& civil) { return civil.day - 1; });
}
Value DayOfWeek(Arguments a) {
  return OfTimestamp("getDayOfWeek", a, [](const CivilTime& civil) { return civil.day_of_week; });
}
Value DayOfYear(Arguments a) {
  return OfTimestamp("getDayOfYear", a, [](const CivilTime& civil) { return civil.day_of_year; });
}
Value Hours(Arguments a) {
  return OfTimeOrDuration("getHours", a, 3600, [](const CivilTime& civil) { return civil.hour; });
}
Value Minutes(Arguments a) {
  return OfTimeOrDuration("getMinutes", a, 60, [](const CivilTime& civil) { return civil.minute; });
}
Value Seconds(Arguments a) {
  return OfTimeOrDuration("getSeconds", a, 1, [](const CivilTime& civil) { return civil.second; });
}

// The thousandths beside the whole seconds, of a duration too.
Value Milliseconds(Arguments arguments) {
  const auto* duration = arguments.size() == 1 ? arguments[0].As<DurationValue>() : nullptr;
  if (duration != nullptr) {
    return Value(static_cast<std::int64_t>(duration->nanos / 1'000'000));
  }
  const auto* time = arguments.empty() ? nullptr : arguments[0].As<TimestampValue>();
  return OfTimestamp("getMilliseconds", arguments,
                     [&](const CivilTime&) { return time->nanos / 1'000'000; });
}

}  // namespace

std::span<const LibraryFunction> TimeFunctions() {
  // A zone's file is read for each call.
  static constexpr auto kFunctions = std::to_array<LibraryFunction>({
      {"getFullYear", CallStyle::kMethod, FullYear, false, 20},
      {"getMonth", CallStyle::kMethod, Month, false, 20},
      {"getDate", CallStyle::kMethod, Date, false, 20},
      {"getDayOfMonth", CallStyle::kMethod, DayOfMonth, false, 20},
      {"getDayOfWeek", CallStyle::kMethod, DayOfWeek, false, 20},
      {"getDayOfYear", CallStyle::kMethod, DayOfYear, false, 20},
      {"getHours", CallStyle::kMethod, Hours, false, 20},
      {"getMinutes", CallStyle::kMethod, Minutes, false, 20},
      {"getSeconds", CallStyle::kMethod, Seconds, false, 20},
      {"getMilliseconds", CallStyle::kMethod, Milliseconds, false, 20},
  });
  return kFunctions;
}

}  // namespace vedette::rules
