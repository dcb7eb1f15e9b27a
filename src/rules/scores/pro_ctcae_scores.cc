// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "rules/scores/formula.h"

namespace vedette::rules {
namespace {

// The 179 combinations of Basch E et al., Clin Trials 2021;18:104, by answer 0 to 4.
// kAll[frequency - 1][severity][interference].
constexpr int kAll[4][5][5] = {
    {{0, 1, 1, 2, 2}, {1, 1, 1, 2, 2}, {1, 2, 2, 2, 3}, {2, 2, 2, 3, 3}, {2, 2, 3, 3, 3}},
    {{0, 1, 1, 2, 2}, {1, 1, 1, 2, 2}, {2, 2, 2, 3, 3}, {2, 2, 2, 3, 3}, {2, 2, 3, 3, 3}},
    {{1, 1, 1, 2, 2}, {1, 1, 1, 2, 2}, {2, 2, 2, 3, 3}, {2, 2, 3, 3, 3}, {2, 2, 3, 3, 3}},
    {{1, 1, 1, 2, 2}, {1, 1, 2, 2, 3}, {2, 2, 2, 3, 3}, {2, 2, 3, 3, 3}, {2, 2, 3, 3, 3}},
};
// [frequency - 1][severity], [severity - 1][interference], [frequency - 1][interference].
constexpr int kFrequencySeverity[4][5] = {
    {1, 1, 1, 2, 2}, {1, 1, 2, 2, 2}, {1, 1, 2, 2, 2}, {1, 1, 2, 3, 3}};
constexpr int kSeverityInterference[4][5] = {
    {1, 1, 1, 2, 2}, {1, 1, 2, 2, 3}, {1, 2, 2, 3, 3}, {2, 2, 2, 3, 3}};
constexpr int kFrequencyInterference[4][5] = {
    {1, 1, 1, 2, 2}, {1, 1, 1, 2, 2}, {1, 1, 2, 2, 3}, {1, 1, 2, 3, 3}};
constexpr int kFrequency[] = {0, 1, 1, 2, 3};
constexpr int kSeverity[] = {0, 1, 2, 3, 3};
constexpr int kAmount[] = {0, 1, 1, 2, 2};

constexpr int kNotAsked = -1;
constexpr int kInvalid = -2;

int Answer(double value) {
  if (std::isnan(value)) return kNotAsked;
  if (value != std::floor(value) || value < 0 || value > 4) return kInvalid;
  return static_cast<int>(value);
}

// NaN stands for an attribute that the symptom's questions do not have.
double Composite(double frequency_answer, double severity_answer, double interference_answer) {
  const int frequency = Answer(frequency_answer);
  const int severity = Answer(severity_answer);
  const int interference = Answer(interference_answer);
  if (frequency == kInvalid || severity == kInvalid || interference == kInvalid) return kUnknown;
  if (frequency == 0) return 0;
  if (frequency == kNotAsked) {
    if (severity == kNotAsked) return kUnknown;
    if (severity == 0 || interference == kNotAsked) return kSeverity[severity];
    return kSeverityInterference[severity - 1][interference];
  }
  if (severity == kNotAsked && interference == kNotAsked) return kFrequency[frequency];
  if (severity == kNotAsked) return kFrequencyInterference[frequency - 1][interference];
  if (interference == kNotAsked) return kFrequencySeverity[frequency - 1][severity];
  return kAll[frequency - 1][severity][interference];
}

double Amount(double amount_answer) {
  const int amount = Answer(amount_answer);
  return amount < 0 ? kUnknown : kAmount[amount];
}

constexpr ScoreFunction kScores[] = {
    Optional<Composite, 0>(
        {.name = "pro_ctcae",
         .signature = "pro_ctcae(frequency, severity, interference; answers 0 to 4, unknown where "
                      "the symptom has no such question) → 0 to 3",
         .source = "Basch E et al., Clin Trials 2021;18:104"}),
    Score<Amount>({.name = "pro_ctcae_amount",
                   .signature = "pro_ctcae_amount(amount; answer 0 to 4) → 0 to 2",
                   .source = "Basch E et al., Clin Trials 2021;18:104"}),
};

}  // namespace

std::span<const ScoreFunction> ProCtcaeScores() { return kScores; }

}  // namespace vedette::rules
