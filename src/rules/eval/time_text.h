// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/eval/value.h"

namespace vedette::rules {

// RFC 3339 with a zone, up to nine digits of fraction: "2004-09-16T23:59:59.5+02:00". A leap second
// is none of it. nullopt for other text, and outside the years 1 to 9999.
std::optional<TimestampValue> ReadTimestamp(std::string_view text);
// In UTC, with a fraction of 3, 6 or 9 digits where there is one.
std::string WriteTimestamp(const TimestampValue& time);

// "1h30m", "-1.5s", "100ms": units h m s ms us µs ns, each with a decimal number. nullopt for other
// text, and beyond CEL's range.
std::optional<DurationValue> ReadDuration(std::string_view text);
// In seconds: "5400s", "-1.5s".
std::string WriteDuration(const DurationValue& duration);

// A moment's parts on a calendar and a clock.
struct CivilTime {
  std::int64_t year = 1970;
  int month = 1;        // 1–12
  int day = 1;          // 1–31
  int hour = 0;         // 0–23
  int minute = 0;       // 0–59
  int second = 0;       // 0–59
  int day_of_week = 4;  // Sunday is 0
  int day_of_year = 0;  // 1 January is 0
};

// Of seconds since the epoch, already shifted by a zone's offset.
CivilTime CivilTimeOf(std::int64_t seconds);
// Days from the epoch to a date of the proleptic Gregorian calendar.
std::int64_t DaysOf(std::int64_t year, int month, int day);

}  // namespace vedette::rules
