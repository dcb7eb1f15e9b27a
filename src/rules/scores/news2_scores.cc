// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "rules/scores/formula.h"

namespace vedette::rules {
namespace {

// The score of values up to and including `most`.
struct Band {
  double most;
  int score;
};

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// Royal College of Physicians, NEWS2 (2017), chart 1.
constexpr Band kRespiration[] = {{8, 3}, {11, 1}, {20, 0}, {24, 2}, {kNoLimit, 3}};
constexpr Band kSaturation1[] = {{91, 3}, {93, 2}, {95, 1}, {kNoLimit, 0}};
constexpr Band kSaturation2Air[] = {{83, 3}, {85, 2}, {87, 1}, {kNoLimit, 0}};
constexpr Band kSaturation2Oxygen[] = {{83, 3}, {85, 2}, {87, 1},      {92, 0},
                                       {94, 1}, {96, 2}, {kNoLimit, 3}};
constexpr Band kSystolic[] = {{90, 3}, {100, 2}, {110, 1}, {219, 0}, {kNoLimit, 3}};
constexpr Band kPulse[] = {{40, 3}, {50, 1}, {90, 0}, {110, 1}, {130, 2}, {kNoLimit, 3}};
constexpr Band kTemperature[] = {{35, 3}, {36, 1}, {38, 0}, {39, 1}, {kNoLimit, 2}};

int ScoreOf(std::span<const Band> bands, double value) {
  for (const Band& band : bands) {
    if (value <= band.most) return band.score;
  }
  return 0;
}

// The seven parts of the score, in the chart's order.
std::array<int, 7> Parts(double respiration,
                         double saturation,
                         double scale2,
                         double oxygen,
                         double systolic,
                         double pulse,
                         double alert,
                         double temperature) {
  std::span<const Band> saturation_bands = kSaturation1;
  if (scale2 != 0) {
    saturation_bands = oxygen != 0 ? std::span<const Band>(kSaturation2Oxygen) : kSaturation2Air;
  }
  return {ScoreOf(kRespiration, respiration),
          ScoreOf(saturation_bands, saturation),
          oxygen != 0 ? 2 : 0,
          ScoreOf(kSystolic, systolic),
          ScoreOf(kPulse, pulse),
          alert != 0 ? 0 : 3,
          ScoreOf(kTemperature, temperature)};
}

double News2(double respiration,
             double saturation,
             double scale2,
             double oxygen,
             double systolic,
             double pulse,
             double alert,
             double temperature) {
  const auto parts =
      Parts(respiration, saturation, scale2, oxygen, systolic, pulse, alert, temperature);
  return std::accumulate(parts.begin(), parts.end(), 0);
}

double News2Risk(double respiration,
                 double saturation,
                 double scale2,
                 double oxygen,
                 double systolic,
                 double pulse,
                 double alert,
                 double temperature) {
  const auto parts =
      Parts(respiration, saturation, scale2, oxygen, systolic, pulse, alert, temperature);
  const int score = std::accumulate(parts.begin(), parts.end(), 0);
  if (score >= 7) return 3;
  if (score >= 5) return 2;
  return std::ranges::find(parts, 3) != parts.end() ? 1 : 0;
}

constexpr ScoreFunction Chart(std::string_view name, std::string_view signature) {
  return {.name = name,
          .signature = signature,
          .source = "Royal College of Physicians, National Early Warning Score 2, 2017",
          .units = {"/min", "%", "", "", "mm[Hg]", "/min", "", "Cel"}};
}

constexpr ScoreFunction kScores[] = {
    Score<News2>(Chart("news2",
                       "news2(respiration [/min], spo2 [%], scale2 [0, 1], oxygen [0, 1], "
                       "systolic [mm[Hg]], pulse [/min], alert [0, 1], temperature [Cel]) → "
                       "0 to 20")),
    Score<News2Risk>(Chart("news2_risk",
                           "news2_risk(arguments of news2) → 0 low, 1 low with a part of 3, "
                           "2 medium, 3 high")),
};

}  // namespace

std::span<const ScoreFunction> News2Scores() { return kScores; }

}  // namespace vedette::rules
