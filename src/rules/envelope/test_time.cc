// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/test_time.h"

#include <charconv>
#include <chrono>
#include <cstdint>

#include "model/study_time.h"

namespace vedette::rules {
namespace {

constexpr std::int32_t kLastDay = 36'500;

bool TwoDigits(std::string_view text, int limit, int* value) {
  if (text.size() < 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
    return false;
  }
  *value = (text[0] - '0') * 10 + (text[1] - '0');
  return *value < limit;
}

// "08:00" or "08:00:30"
std::optional<Seconds> ParseTimeOfDay(std::string_view text) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!TwoDigits(text, 24, &hour) || text.size() < 5 || text[2] != ':' ||
      !TwoDigits(text.substr(3), 60, &minute)) {
    return std::nullopt;
  }
  text.remove_prefix(5);
  if (!text.empty() &&
      (text.size() != 3 || text[0] != ':' || !TwoDigits(text.substr(1), 60, &second))) {
    return std::nullopt;
  }
  return Seconds{hour} * 3600 + Seconds{minute} * 60 + second;
}

}  // namespace

std::optional<TestTime> ParseTestTime(std::string_view text) {
  if (!text.starts_with('D')) {
    StudyTime time;
    if (!ReadStudyTime(text, time)) return std::nullopt;
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(time.instant).time_since_epoch().count();
    return TestTime{seconds, time.precision == TimePrecision::kDay};
  }
  text.remove_prefix(1);
  std::int32_t day = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), day);
  if (error != std::errc() || day == 0 || day < -kLastDay || day > kLastDay) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const Seconds start = kTestReference + Seconds{day > 0 ? day - 1 : day} * kDay;
  if (text.empty()) return TestTime{start, true};
  if (text[0] != ' ') return std::nullopt;
  const std::optional<Seconds> of_day = ParseTimeOfDay(text.substr(1));
  if (!of_day) return std::nullopt;
  return TestTime{start + *of_day, false};
}

}  // namespace vedette::rules
