// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/time_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "rules/eval/operations.h"

namespace vedette::rules {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from its beginning; once something does not fit, nothing does any more.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_[0]; }

  int Digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ok_ = ok_ && IsDigit(Peek());
      if (!ok_) {
        return 0;
      }
      value = value * 10 + (Peek() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  void Expect(std::string_view characters) {
    ok_ = ok_ && !rest_.empty() && characters.find(rest_[0]) != std::string_view::npos;
    if (ok_) {
      rest_.remove_prefix(1);
    }
  }

  bool Accept(char c) {
    const bool seen = ok_ && Peek() == c;
    if (seen) {
      rest_.remove_prefix(1);
    }
    return seen;
  }

  // One to nine digits of a fraction of a second.
  std::int32_t Nanos() {
    std::int32_t nanos = 0;
    int count = 0;
    while (ok_ && IsDigit(Peek()) && count < 9) {
      nanos = nanos * 10 + (Peek() - '0');
      rest_.remove_prefix(1);
      ++count;
    }
    ok_ = ok_ && count > 0;
    for (; count < 9; ++count) {
      nanos *= 10;
    }
    return nanos;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::string Padded(std::int64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

// ".5" as three, six or nine digits; nothing for 0.
std::string Fraction(std::int32_t nanos) {
  if (nanos == 0) {
    return {};
  }
  std::string digits = Padded(nanos, 9);
  while (digits.ends_with("000")) {
    digits.resize(digits.size() - 3);
  }
  return "." + digits;
}

struct DurationUnit {
  std::string_view name;
  std::int64_t nanos;
};
// Longer names before those they begin with.
constexpr auto kUnits = std::to_array<DurationUnit>({{"ns", 1},
                                                     {"us", 1'000},
                                                     {"µs", 1'000},
                                                     {"μs", 1'000},
                                                     {"ms", 1'000'000},
                                                     {"s", kNanosPerSecond},
                                                     {"m", 60 * kNanosPerSecond},
                                                     {"h", 3600 * kNanosPerSecond}});

// One "1.5h" from the front of `text`, in nanoseconds; fractions below one are cut off.
std::optional<__int128> TakePart(std::string_view& text) {
  std::size_t i = 0;
  __int128 whole = 0;
  while (i < text.size() && IsDigit(text[i])) {
    if (i > 18) {
      return std::nullopt;
    }
    whole = whole * 10 + (text[i++] - '0');
  }
  std::size_t digits = i;
  __int128 fraction = 0;
  __int128 scale = 1;
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && IsDigit(text[i]); ++i, ++digits) {
      if (scale < 1'000'000'000'000'000'000) {
        fraction = fraction * 10 + (text[i] - '0');
        scale *= 10;
      }
    }
  }
  if (digits == 0) {
    return std::nullopt;
  }
  text.remove_prefix(i);
  for (const DurationUnit& unit : kUnits) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      return whole * unit.nanos + fraction * unit.nanos / scale;
    }
  }
  return std::nullopt;
}

}  // namespace

std::int64_t DaysOf(std::int64_t year, int month, int day) {
  const std::chrono::sys_days days = std::chrono::year(static_cast<int>(year)) /
                                     std::chrono::month(static_cast<unsigned>(month)) /
                                     std::chrono::day(static_cast<unsigned>(day));
  return days.time_since_epoch().count();
}

CivilTime CivilTimeOf(std::int64_t seconds) {
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::seconds(seconds));
  const std::chrono::sys_days date(days);
  const std::chrono::year_month_day parts(date);
  const std::int64_t of_day = seconds - std::chrono::seconds(days).count();
  CivilTime civil;
  civil.year = static_cast<int>(parts.year());
  civil.month = static_cast<int>(static_cast<unsigned>(parts.month()));
  civil.day = static_cast<int>(static_cast<unsigned>(parts.day()));
  civil.hour = static_cast<int>(of_day / 3600);
  civil.minute = static_cast<int>(of_day / 60 % 60);
  civil.second = static_cast<int>(of_day % 60);
  civil.day_of_week = static_cast<int>(std::chrono::weekday(date).c_encoding());
  civil.day_of_year = static_cast<int>(days.count() - DaysOf(civil.year, 1, 1));
  return civil;
}

std::optional<TimestampValue> ReadTimestamp(std::string_view text) {
  Reader reader(text);
  const int year = reader.Digits(4);
  reader.Expect("-");
  const int month = reader.Digits(2);
  reader.Expect("-");
  const int day = reader.Digits(2);
  reader.Expect("Tt");
  const int hour = reader.Digits(2);
  reader.Expect(":");
  const int minute = reader.Digits(2);
  reader.Expect(":");
  const int second = reader.Digits(2);
  const std::int32_t nanos = reader.Accept('.') ? reader.Nanos() : 0;
  std::int64_t offset = 0;
  if (!reader.Accept('Z') && !reader.Accept('z')) {
    const int sign = reader.Peek() == '-' ? -1 : 1;
    reader.Expect("+-");
    const int hours = reader.Digits(2);
    reader.Expect(":");
    const int minutes = reader.Digits(2);
    if (hours > 23 || minutes > 59) {
      return std::nullopt;
    }
    offset = sign * (hours * 3600 + minutes * 60);
  }
  const std::chrono::year_month_day date = std::chrono::year(year) /
                                           std::chrono::month(static_cast<unsigned>(month)) /
                                           std::chrono::day(static_cast<unsigned>(day));
  if (!reader.AtEnd() || !date.ok() || year == 0 || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds =
      DaysOf(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
  const Value checked = MakeTimestamp(seconds, nanos);
  const auto* time = checked.As<TimestampValue>();
  return time == nullptr ? std::nullopt : std::optional(*time);
}

std::string WriteTimestamp(const TimestampValue& time) {
  const CivilTime civil = CivilTimeOf(time.seconds);
  return Padded(civil.year, 4) + "-" + Padded(civil.month, 2) + "-" + Padded(civil.day, 2) + "T" +
         Padded(civil.hour, 2) + ":" + Padded(civil.minute, 2) + ":" + Padded(civil.second, 2) +
         Fraction(time.nanos) + "Z";
}

std::optional<DurationValue> ReadDuration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (text == "0") {
    return DurationValue{};
  }
  __int128 nanos = 0;
  int parts = 0;
  for (; !text.empty() && parts < 32; ++parts) {
    const auto part = TakePart(text);
    if (!part) {
      return std::nullopt;
    }
    nanos += *part;
  }
  const __int128 seconds = nanos / kNanosPerSecond;
  if (parts == 0 || !text.empty() || seconds > 1'000'000'000'000) {
    return std::nullopt;
  }
  const auto rest = static_cast<std::int32_t>(nanos % kNanosPerSecond);
  const Value checked = negative ? MakeDuration(-static_cast<std::int64_t>(seconds), -rest)
                                 : MakeDuration(static_cast<std::int64_t>(seconds), rest);
  const auto* duration = checked.As<DurationValue>();
  return duration == nullptr ? std::nullopt : std::optional(*duration);
}

std::string WriteDuration(const DurationValue& duration) {
  const bool negative = duration.seconds < 0 || duration.nanos < 0;
  return (negative ? "-" : "") + std::to_string(std::abs(duration.seconds)) +
         Fraction(std::abs(duration.nanos)) + "s";
}

}  // namespace vedette::rules
