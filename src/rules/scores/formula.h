// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>

#include "rules/scores/score_functions.h"

namespace vedette::rules {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// A formula over plain doubles as the registry calls it: unknown when a required argument is, and
// when the result is no finite number (a division by zero).
template <auto kFormula, std::size_t kRequired>
struct Formula;

template <class... Arguments, double (*kFormula)(Arguments...), std::size_t kRequired>
struct Formula<kFormula, kRequired> {
  static constexpr std::size_t kArity = sizeof...(Arguments);
  static_assert(kRequired <= kArity);

  static double Evaluate(const double* arguments) {
    for (std::size_t i = 0; i < kRequired; ++i) {
      if (std::isnan(arguments[i])) return kUnknown;
    }
    const double result = Call(arguments, std::make_index_sequence<kArity>());
    return std::isfinite(result) ? result : kUnknown;
  }

 private:
  template <std::size_t... kIndices>
  static double Call(const double* arguments, std::index_sequence<kIndices...>) {
    return kFormula(arguments[kIndices]...);
  }
};

// Fills in what the formula's type says. Arguments from `kRequired` on may be NaN.
template <auto kFormula, std::size_t kRequired>
constexpr ScoreFunction Optional(ScoreFunction function) {
  using Checked = Formula<kFormula, kRequired>;
  function.arity = Checked::kArity;
  if (kRequired < Checked::kArity) function.optional_from = kRequired;
  function.evaluate = Checked::Evaluate;
  return function;
}

template <auto kFormula>
struct ArityOf;
template <class... Arguments, double (*kFormula)(Arguments...)>
struct ArityOf<kFormula> {
  static constexpr std::size_t kValue = sizeof...(Arguments);
};

template <auto kFormula>
constexpr ScoreFunction Score(ScoreFunction function) {
  return Optional<kFormula, ArityOf<kFormula>::kValue>(function);
}

// The formulas by topic, in no order.
std::span<const ScoreFunction> BodyScores();
std::span<const ScoreFunction> CardiacScores();
std::span<const ScoreFunction> HepaticScores();
std::span<const ScoreFunction> News2Scores();
std::span<const ScoreFunction> ProCtcaeScores();
std::span<const ScoreFunction> RenalScores();

}  // namespace vedette::rules
