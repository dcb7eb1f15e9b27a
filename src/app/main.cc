// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "app/commands/command.h"
#include "app/version.h"
#include "base/suggest.h"

namespace {

using vedette::app::Command;

int PrintHelp(const std::vector<Command>& commands) {
  std::printf(
      "Vedette %s: real-time monitoring for clinical research.\n\nusage: vedette COMMAND …\n\n",
      std::string(vedette::app::kVersion).c_str());
  for (const Command& command : commands) {
    std::printf("  %-10s %s\n", std::string(command.spec.name).c_str(),
                std::string(command.spec.summary).c_str());
  }
  std::printf("\n`vedette COMMAND --help` tells more.\n");
  return 0;
}

int PrintUnknown(const std::vector<Command>& commands, const std::string& word) {
  std::vector<std::string_view> names;
  for (const Command& command : commands) names.push_back(command.spec.name);
  const std::string_view closest = vedette::Suggest(word, names);
  std::fprintf(stderr, "error: unknown command %s", word.c_str());
  if (!closest.empty()) std::fprintf(stderr, "; did you mean %s?", std::string(closest).c_str());
  std::fprintf(stderr, "\n`vedette --help` lists the commands.\n");
  return 2;
}

int Run(const Command& command, const std::vector<std::string>& words) {
  if (std::ranges::find(words, "--help") != words.end()) {
    std::fputs(vedette::app::Usage(command.spec).c_str(), stdout);
    return 0;
  }
  const vedette::SystemClock clock;
  const auto arguments = vedette::app::Arguments::Parse(command.spec, words);
  const auto outcome = arguments ? command.run(*arguments, clock)
                                 : vedette::Result<int>(std::unexpected(arguments.error()));
  if (outcome) return *outcome;
  vedette::app::PrintError(outcome.error());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace vedette::app;
  const std::vector<Command> commands = {ServeCommand(),    ConfigCommand(), HealthCommand(),
                                         LogInCommand(),    CallCommand(),   ImportCommand(),
                                         SimulateCommand(), RuleCommand(),   QueueCommand()};
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words[0] == "--help" || words[0] == "-h") return PrintHelp(commands);
  if (words[0] == "--version") {
    std::printf("vedette %s\n", std::string(kVersion).c_str());
    return 0;
  }
  const auto found = std::ranges::find_if(
      commands, [&](const Command& command) { return command.spec.name == words[0]; });
  if (found == commands.end()) return PrintUnknown(commands, words[0]);
  return Run(*found, {words.begin() + 1, words.end()});
}
