// SPDX-License-Identifier: Apache-2.0
#include "app/commands/command.h"
#include "app/commands/rule_actions.h"
#include "app/commands/rule_online.h"

namespace vedette::app {
namespace {

Result<int> Run(const Arguments& arguments, const Clock& clock) {
  return arguments.Has("study") ? RunOnlineRuleCommand(arguments, clock)
                                : RunRuleCommand(arguments, clock);
}

}  // namespace

Command RuleCommand() {
  Command command{RuleCommandSpec(), Run};
  command.spec.arguments = "ACTION FILE… or, with --study, ACTION [FILE…|RULE…]";
  command.spec.summary =
      "Works on rules in YAML files, without a server:\n"
      "  check     tells what is wrong with them, with the place and what to write instead\n"
      "  test      runs the tests that they carry\n"
      "  explain   says them in plain words, with what they read and cost\n"
      "  backtest  runs them over a folder of SDTM data\n"
      "  diff      which past alerts a new version would lose and gain\n"
      "and, with --study ID, on the rules that a running system keeps:\n"
      "  list      every version\n"
      "  check     files against what the study records\n"
      "  put       writes the rules of files as new versions\n"
      "  explain   RULE: what a version says\n"
      "  backtest  RULE: over everything recorded; Ctrl-C cancels it\n"
      "  diff      RULE --compare-with N: the text and the alerts of two versions\n"
      "  sign      RULE: as a second person, who is not its author\n"
      "  activate  RULE: puts a signed version to work\n"
      "  retire    RULE: ends the active version";
  const std::vector<Option> own = {
      {"study", "ID", "work on this study's rules in a running system"},
      {"version", "N", "of the rule; 0 is the newest", "0"},
      {"compare-with", "N", "an earlier version; 0 is the active one", "0"},
      {"meaning", "TEXT", "what a signature means", "reviewed and approved"}};
  command.spec.options.insert(command.spec.options.end(), own.begin(), own.end());
  for (const Option& option : ConnectionOptions()) command.spec.options.push_back(option);
  return command;
}

}  // namespace vedette::app
