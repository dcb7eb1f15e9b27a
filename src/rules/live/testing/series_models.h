// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vedette::rules::testing {

inline constexpr std::uint32_t kSeries = 40;

// The series that rules read come first; the others are there to be passed over.
struct SeriesModel {
  std::string_view name;
  double mean;
  double deviation;
  double upper_limit;
};
inline constexpr std::array<SeriesModel, 13> kModels = {{{"lab.ALT", 28, 12, 40},
                                                         {"lab.TBILI", 0.6, 0.25, 1.2},
                                                         {"eg.QTCF", 410, 18, 450},
                                                         {"vs.SYSBP", 128, 16, 140},
                                                         {"lab.HGB", 13.5, 1, 17},
                                                         {"lab.PLAT", 240, 55, 450},
                                                         {"vs.WEIGHT", 78, 1.5, 0},
                                                         {"lab.CREAT", 0.9, 0.12, 1.2},
                                                         {"lab.ANC", 4, 1.2, 8},
                                                         {"vs.HR", 72, 11, 100},
                                                         {"lab.GLUC", 5.5, 1.4, 6},
                                                         {"vs.TEMP", 36.7, 0.4, 37.5},
                                                         {"vs.SPO2", 97, 1.6, 100}}};
// Their places, of those that the stream treats by name.
enum : std::uint32_t { kAlt = 0, kTbili = 1, kWeight = 6, kAnc = 8, kHeartRate = 9, kSpo2 = 12 };

}  // namespace vedette::rules::testing
