// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace vedette {

// How exactly the source knew the time. A kDay time is an instant at 00:00 of that day.
enum class TimePrecision : std::uint8_t { kDay, kMinute, kSecond, kMicrosecond };

// A time as a clinical source wrote it. `instant` is UTC; `offset_minutes` is how far local time
// was east of UTC, absent where the source did not say (the text is then taken as UTC).
struct StudyTime {
  Timestamp instant{};
  std::optional<std::int16_t> offset_minutes;
  TimePrecision precision = TimePrecision::kSecond;
  bool operator==(const StudyTime&) const = default;
};

// Reads ISO 8601 as SDTM's --DTC and web APIs write it: "2013-12-26", "2013-12-26T14:45",
// "2013-12-26 14:45:10", "2013-12-26T14:45:10.25+08:00", "…Z". Up to 9 fraction digits, cut to
// microseconds. Offsets up to ±14:00, years 1900 to 2199, real calendar days. Refused with
// kInvalidArgument: partial dates ("2013-12"), hour 24, second 60, anything else around the time.
// Error texts say what is wrong and never repeat the text.
Result<StudyTime> ParseStudyTime(std::string_view text);

// The same without the explanation, for bulk reading: false leaves `time` unspecified.
bool ReadStudyTime(std::string_view text, StudyTime& time) noexcept;

// The text that ParseStudyTime reads back as the same value: a 'T', six fraction digits where the
// precision is kMicrosecond, "Z" for offset 0, nothing where the offset is not known.
std::string FormatStudyTime(const StudyTime& time);

}  // namespace vedette
