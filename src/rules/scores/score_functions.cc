// SPDX-License-Identifier: Apache-2.0
#include "rules/scores/score_functions.h"

#include <algorithm>
#include <vector>

#include "rules/scores/formula.h"

namespace vedette::rules {
namespace {

std::vector<ScoreFunction> Collect() {
  std::vector<ScoreFunction> functions;
  for (const auto topic : {BodyScores(), CardiacScores(), HepaticScores(), News2Scores(),
                           ProCtcaeScores(), RenalScores()}) {
    functions.insert(functions.end(), topic.begin(), topic.end());
  }
  std::ranges::sort(functions, {}, &ScoreFunction::name);
  return functions;
}

}  // namespace

std::span<const ScoreFunction> ScoreFunctions() {
  static const std::vector<ScoreFunction> functions = Collect();
  return functions;
}

const ScoreFunction* FindScoreFunction(std::string_view name) {
  const auto functions = ScoreFunctions();
  const auto found = std::ranges::lower_bound(functions, name, {}, &ScoreFunction::name);
  return found != functions.end() && found->name == name ? &*found : nullptr;
}

}  // namespace vedette::rules
