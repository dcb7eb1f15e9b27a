// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "rules/clinical/observation.h"

namespace vedette::rules {

// D1 of rule tests: 2024-01-01 00:00 UTC. There is no D0; D-1 is the day before.
inline constexpr Seconds kTestReference = 1'704'067'200;

// A moment of a rule test: "D9", "D-3", "D9 08:00", "D9 08:00:30" or ISO 8601 as clinical sources
// write it.
struct TestTime {
  Seconds begin = 0;
  bool whole_day = false;  // no time of day was written

  bool operator==(const TestTime&) const = default;
  // When everything it names is over: the last second of a day.
  Seconds End() const { return whole_day ? begin + kDay - 1 : begin; }
};
std::optional<TestTime> ParseTestTime(std::string_view text);

}  // namespace vedette::rules
