// SPDX-License-Identifier: Apache-2.0
#include "app/commands/rule_actions.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/suggest.h"

namespace vedette::app {
namespace {

struct Action {
  std::string_view name;
  Result<int> (*run)(const Arguments& arguments, const Clock& clock);
};

constexpr Action kActions[] = {{"check", CheckRules},
                               {"test", TestRules},
                               {"explain", ExplainRules},
                               {"backtest", BacktestRules},
                               {"diff", DiffRules}};

}  // namespace

CommandSpec RuleCommandSpec() {
  return {"rule",
          "check|test|explain|backtest FILE… or diff OLD NEW",
          "Works on rules in YAML files, without a server:\n"
          "  check     tells what is wrong with them, with the place and what to write instead\n"
          "  test      runs the tests that they carry\n"
          "  explain   says them in plain words, with what they read and cost\n"
          "  backtest  runs them over a folder of SDTM data\n"
          "  diff      which past alerts a new version would lose and gain",
          {{"catalog", "FILE", "what rules may name; by default catalog.yaml beside the rules"},
           {"rule", "ID", "only this rule of the files"},
           {"data", "DIR", "SDTM domains as .csv or .csv.gz, for backtest and diff"},
           {"mode", "MODE", "as-corrected or as-known", "as-corrected"},
           {"visit-window", "DAYS", "days around a planned visit that still count", "0"},
           {"lang", "en|zh", "the language of explain", "en"},
           {"json", "", "results of backtest as JSON"}}};
}

Result<int> RunRuleCommand(const Arguments& arguments, const Clock& clock) {
  std::vector<std::string_view> names;
  for (const Action& action : kActions) names.push_back(action.name);
  if (arguments.positional().empty()) {
    return Fail(Code::kInvalidArgument,
                "what shall be done? check, test, explain, backtest or diff; "
                "`vedette rule --help` tells more");
  }
  const std::string& word = arguments.positional().front();
  const auto found = std::ranges::find(kActions, word, &Action::name);
  if (found != std::end(kActions)) return found->run(arguments, clock);
  const std::string_view near = Suggest(word, names);
  return Fail(Code::kInvalidArgument,
              "there is no `rule " + word + "`" +
                  (near.empty() ? "" : "; did you mean `rule " + std::string(near) + "`?"));
}

}  // namespace vedette::app
