// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules/scores/score_functions.h"

namespace vedette::rules {

inline constexpr std::size_t kMaxArguments =
    sizeof(ScoreFunction::units) / sizeof(ScoreFunction::units[0]);

inline const ScoreFunction& ScoreFunctionAt(std::int32_t index) {
  return ScoreFunctions()[static_cast<std::size_t>(index)];
}

}  // namespace vedette::rules
