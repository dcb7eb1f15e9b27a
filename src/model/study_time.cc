// SPDX-License-Identifier: Apache-2.0
#include "model/study_time.h"

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

namespace vedette {
namespace {

static_assert(std::endian::native == std::endian::little, "the word tricks below need it");

constexpr int kFirstYear = 1900;
constexpr int kLastYear = 2199;
constexpr int kMaxOffsetMinutes = 14 * 60;
constexpr std::size_t kMaxFractionDigits = 9;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;

constexpr std::size_t kDateSize = 10;    // 2013-12-26
constexpr std::size_t kMinuteSize = 16;  // 2013-12-26T14:45

std::uint64_t LoadWord(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::uint64_t PackWord(std::string_view text) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  return word;
}

// Added to a word of `text XOR pattern`, raises the top bit of each byte that does not fit: a digit
// byte above 9, a separator byte above 0.
constexpr std::uint64_t PackLimits(std::string_view pattern) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint64_t limit = pattern[i] == '0' ? 0x76 : 0x7f;
    word |= limit << (8 * i);
  }
  return word;
}

// Eight characters against a pattern in which '0' stands for any digit. On success `word` holds in
// byte i the value of the two digits at i and i + 1.
template <std::uint64_t kPattern, std::uint64_t kLimits>
bool MatchWord(const char* at, std::uint64_t& word) {
  const std::uint64_t digits = LoadWord(at) ^ kPattern;
  if ((((digits + kLimits) | digits) & 0x8080808080808080ULL) != 0) return false;
  word = digits * 10 + (digits >> 8);
  return true;
}

int ByteOf(std::uint64_t word, int index) { return static_cast<int>((word >> (8 * index)) & 0xff); }

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// Two digits, or -1.
int TwoDigits(const char* at) {
  if (!IsDigit(at[0]) || !IsDigit(at[1])) return -1;
  return (at[0] - '0') * 10 + (at[1] - '0');
}

bool IsLeapYear(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysInMonth(int year, int month) {
  static constexpr std::array<std::int8_t, 13> kDays = {0,  31, 28, 31, 30, 31, 30,
                                                        31, 31, 30, 31, 30, 31};
  return kDays[static_cast<std::size_t>(month)] + (month == 2 && IsLeapYear(year) ? 1 : 0);
}

bool ReadDate(int year, int month, int day, std::int64_t& seconds) {
  if (year < kFirstYear || year > kLastYear || month < 1 || month > 12) return false;
  if (day < 1 || day > DaysInMonth(year, month)) return false;
  const std::chrono::sys_days days = std::chrono::year(year) /
                                     std::chrono::month(static_cast<unsigned>(month)) /
                                     std::chrono::day(static_cast<unsigned>(day));
  seconds = days.time_since_epoch().count() * std::int64_t{86400};
  return true;
}

bool ReadOffset(std::string_view text, std::optional<std::int16_t>& offset) {
  if (text == "Z") {
    offset = 0;
    return true;
  }
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  const int hours = TwoDigits(text.data() + 1);
  const int minutes = TwoDigits(text.data() + 4);
  if (hours < 0 || minutes < 0 || minutes > 59) return false;
  const int total = hours * 60 + minutes;
  if (total > kMaxOffsetMinutes) return false;
  offset = static_cast<std::int16_t>(text[0] == '-' ? -total : total);
  return true;
}

// The digits behind the '.', cut to microseconds; `text` moves behind them.
bool ReadFraction(std::string_view& text, std::int64_t& micros) {
  std::int64_t weight = kMicrosPerSecond / 10;
  std::size_t count = 0;
  for (; count < text.size() && IsDigit(text[count]); ++count) {
    micros += (text[count] - '0') * weight;
    weight /= 10;
  }
  text.remove_prefix(count);
  return count >= 1 && count <= kMaxFractionDigits;
}

std::string_view Explain(std::string_view text) {
  if (text.empty()) return "the time is empty";
  const auto digits = [&](std::size_t from, std::size_t count) {
    if (text.size() < from + count) return false;
    for (std::size_t i = from; i < from + count; ++i) {
      if (!IsDigit(text[i])) return false;
    }
    return true;
  };
  constexpr std::string_view kPartialDate = "partial date: month or day is missing";
  if (text.starts_with("--")) return kPartialDate;
  if (!digits(0, 4)) return "not an ISO 8601 time: expected YYYY-MM-DD";
  if (text.size() == 4 || text.substr(4).starts_with("--")) return kPartialDate;
  if (text[4] != '-' || !digits(5, 2)) return "not an ISO 8601 time: expected YYYY-MM-DD";
  if (text.size() == 7 || text.substr(7).starts_with("--")) return kPartialDate;
  if (text[7] != '-' || !digits(8, 2)) return "not an ISO 8601 time: expected YYYY-MM-DD";
  const int year = TwoDigits(text.data()) * 100 + TwoDigits(text.data() + 2);
  const int month = TwoDigits(text.data() + 5);
  const int day = TwoDigits(text.data() + 8);
  if (year < kFirstYear || year > kLastYear) return "the year is not within 1900 to 2199";
  if (month < 1 || month > 12) return "the month is not within 01 to 12";
  if (day < 1 || day > DaysInMonth(year, month)) return "the month has no such day";
  if (text.size() == kDateSize) return "not an ISO 8601 time";
  if (text[10] != 'T' && text[10] != ' ') return "expected T or a space between date and time";
  if (!digits(11, 2)) return "not an ISO 8601 time: expected hh:mm behind the date";
  if (TwoDigits(text.data() + 11) > 23) return "the hour is not within 00 to 23";
  if (text.size() == 13) return "partial time: minutes are missing";
  if (text[13] != ':' || !digits(14, 2)) return "not an ISO 8601 time: expected hh:mm";
  if (TwoDigits(text.data() + 14) > 59) return "the minute is not within 00 to 59";
  std::string_view rest = text.substr(kMinuteSize);
  if (rest.starts_with(':')) {
    if (!digits(17, 2)) return "not an ISO 8601 time: expected hh:mm:ss";
    if (TwoDigits(text.data() + 17) > 59) return "the second is not within 00 to 59";
    rest.remove_prefix(3);
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      std::int64_t micros = 0;
      if (!ReadFraction(rest, micros)) return "a fraction of a second has 1 to 9 digits";
    }
  }
  return "the offset is not Z or ±hh:mm of at most 14:00";
}

}  // namespace

bool ReadStudyTime(std::string_view text, StudyTime& time) noexcept {
  static constexpr std::uint64_t kDatePattern = PackWord("0000-00-");
  static constexpr std::uint64_t kDateLimits = PackLimits("0000-00-");
  static constexpr std::uint64_t kTimePattern = PackWord("00T00:00");
  static constexpr std::uint64_t kSpacePattern = PackWord("00 00:00");
  static constexpr std::uint64_t kTimeLimits = PackLimits("00T00:00");

  if (text.size() < kDateSize) return false;
  const char* at = text.data();
  std::uint64_t date;
  if (!MatchWord<kDatePattern, kDateLimits>(at, date)) return false;
  const int year = ByteOf(date, 0) * 100 + ByteOf(date, 2);
  const int month = ByteOf(date, 5);
  std::int64_t seconds;
  time.offset_minutes.reset();
  if (text.size() == kDateSize) {
    if (!ReadDate(year, month, TwoDigits(at + 8), seconds)) return false;
    time.instant = FromUnixMicros(seconds * kMicrosPerSecond);
    time.precision = TimePrecision::kDay;
    return true;
  }
  if (text.size() < kMinuteSize) return false;
  std::uint64_t clock;
  if (!MatchWord<kTimePattern, kTimeLimits>(at + 8, clock) &&
      !MatchWord<kSpacePattern, kTimeLimits>(at + 8, clock)) {
    return false;
  }
  const int hour = ByteOf(clock, 3);
  const int minute = ByteOf(clock, 6);
  if (hour > 23 || minute > 59 || !ReadDate(year, month, ByteOf(clock, 0), seconds)) return false;
  seconds += hour * 3600 + minute * 60;
  std::int64_t micros = 0;
  time.precision = TimePrecision::kMinute;
  std::string_view rest = text.substr(kMinuteSize);
  if (rest.size() >= 3 && rest[0] == ':') {
    const int second = TwoDigits(rest.data() + 1);
    if (second < 0 || second > 59) return false;
    seconds += second;
    time.precision = TimePrecision::kSecond;
    rest.remove_prefix(3);
    if (!rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      if (!ReadFraction(rest, micros)) return false;
      time.precision = TimePrecision::kMicrosecond;
    }
  }
  if (!rest.empty()) {
    if (!ReadOffset(rest, time.offset_minutes)) return false;
    seconds -= *time.offset_minutes * 60;
  }
  time.instant = FromUnixMicros(seconds * kMicrosPerSecond + micros);
  return true;
}

Result<StudyTime> ParseStudyTime(std::string_view text) {
  StudyTime time;
  if (ReadStudyTime(text, time)) return time;
  return Fail(Code::kInvalidArgument, std::string(Explain(text)));
}

std::string FormatStudyTime(const StudyTime& time) {
  const int offset = time.offset_minutes.value_or(0);
  const auto local = time.instant + std::chrono::minutes(offset);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const std::int64_t of_day = (local - day).count();

  std::string text;
  text.reserve(32);
  const auto append = [&text](std::int64_t value, int width) {
    std::array<char, 8> digits{};
    for (int i = width; i-- > 0; value /= 10) {
      digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    }
    text.append(digits.data(), static_cast<std::size_t>(width));
  };
  append(static_cast<int>(date.year()), 4);
  text += '-';
  append(static_cast<unsigned>(date.month()), 2);
  text += '-';
  append(static_cast<unsigned>(date.day()), 2);
  if (time.precision == TimePrecision::kDay) return text;
  text += 'T';
  append(of_day / (3600 * kMicrosPerSecond), 2);
  text += ':';
  append(of_day / (60 * kMicrosPerSecond) % 60, 2);
  if (time.precision != TimePrecision::kMinute) {
    text += ':';
    append(of_day / kMicrosPerSecond % 60, 2);
  }
  if (time.precision == TimePrecision::kMicrosecond) {
    text += '.';
    append(of_day % kMicrosPerSecond, 6);
  }
  if (!time.offset_minutes) return text;
  if (offset == 0) return text + 'Z';
  const int distance = offset < 0 ? -offset : offset;
  text += offset < 0 ? '-' : '+';
  append(distance / 60, 2);
  text += ':';
  append(distance % 60, 2);
  return text;
}

}  // namespace vedette
