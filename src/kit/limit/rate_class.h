// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vedette {

// What kind of work a call is, as its contract says. It chooses the caller's budget and who is
// refused first under overload: reports, then interactive work, data capture last.
enum class RateClass : std::uint8_t { kCapture, kInteractive, kReport };

inline constexpr std::array<RateClass, 3> kRateClasses = {
    RateClass::kCapture, RateClass::kInteractive, RateClass::kReport};

// "capture", "interactive", "report".
constexpr std::string_view RateClassName(RateClass rate_class) {
  switch (rate_class) {
    case RateClass::kCapture:
      return "capture";
    case RateClass::kInteractive:
      return "interactive";
    case RateClass::kReport:
      return "report";
  }
  return "";
}

}  // namespace vedette
