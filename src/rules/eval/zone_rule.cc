// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/zone_rule.h"

#include <chrono>

#include "rules/eval/time_text.h"

namespace vedette::rules {
namespace {

// "Mm.w.d/time": the w-th (5: last) weekday d of month m, seconds after that day's midnight.
struct ChangeDay {
  int month = 1;
  int week = 1;
  int weekday = 0;
  std::int32_t time = 2 * 3600;

  // Seconds since the epoch, on clocks that still show the old time.
  std::int64_t In(std::int64_t year) const {
    const std::int64_t first = DaysOf(year, month, 1);
    const int first_weekday = CivilTimeOf(first * 86400).day_of_week;
    std::int64_t day = first + (weekday - first_weekday + 7) % 7 + (week - 1) * 7;
    const std::int64_t next_month =
        month == 12 ? DaysOf(year + 1, 1, 1) : DaysOf(year, month + 1, 1);
    while (day >= next_month) {
      day -= 7;
    }
    return day * 86400 + time;
  }
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }

  bool Accept(char c) {
    const bool seen = rest_.starts_with(c);
    if (seen) {
      rest_.remove_prefix(1);
    }
    return seen;
  }

  void Expect(char c) { ok_ = Accept(c) && ok_; }

  int Number(int low, int high) {
    int value = 0;
    int digits = 0;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9' && digits < 4) {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    ok_ = ok_ && digits > 0 && value >= low && value <= high;
    return value;
  }

  // "CET" or "<+03>": only that it is there matters.
  void Name() {
    const bool quoted = Accept('<');
    std::size_t size = 0;
    while (size < rest_.size() && IsNamePart(rest_[size], quoted)) {
      ++size;
    }
    ok_ = ok_ && size > 0;
    rest_.remove_prefix(size);
    if (quoted) {
      Expect('>');
    }
  }

  // "-5:30", in seconds.
  std::int32_t Time() {
    const int sign = Accept('-') ? -1 : 1;
    if (sign == 1) {
      Accept('+');
    }
    std::int32_t seconds = Number(0, 167) * 3600;
    if (Accept(':')) {
      seconds += Number(0, 59) * 60;
      if (Accept(':')) {
        seconds += Number(0, 59);
      }
    }
    return sign * seconds;
  }

  ChangeDay Day() {
    ChangeDay day;
    Expect(',');
    Expect('M');
    day.month = Number(1, 12);
    Expect('.');
    day.week = Number(1, 5);
    Expect('.');
    day.weekday = Number(0, 6);
    if (Accept('/')) {
      day.time = Time();
    }
    return day;
  }

 private:
  static bool IsNamePart(char c, bool quoted) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::optional<std::int32_t> OffsetByRule(std::string_view rule, std::int64_t seconds) {
  Reader reader(rule);
  reader.Name();
  const std::int32_t standard = -reader.Time();
  if (reader.AtEnd()) {
    return reader.ok() ? std::optional(standard) : std::nullopt;
  }
  reader.Name();
  std::int32_t summer = standard + 3600;
  Reader ahead = reader;
  if (!ahead.Accept(',')) {
    summer = -reader.Time();
  }
  const ChangeDay begin = reader.Day();
  const ChangeDay end = reader.Day();
  if (!reader.ok() || !reader.AtEnd()) {
    return std::nullopt;
  }
  const std::int64_t year = CivilTimeOf(seconds + standard).year;
  const std::int64_t summer_begins = begin.In(year) - standard;
  const std::int64_t summer_ends = end.In(year) - summer;
  const bool in_summer = summer_begins < summer_ends
                             ? summer_begins <= seconds && seconds < summer_ends
                             : seconds < summer_ends || summer_begins <= seconds;
  return in_summer ? summer : standard;
}

}  // namespace vedette::rules
