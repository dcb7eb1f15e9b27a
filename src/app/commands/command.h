// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/client/session.h"
#include "app/command_line.h"
#include "base/clock.h"
#include "base/result.h"

namespace vedette::app {

// A word of the command line: what it takes, and what it does. Run answers the exit code; an Error
// is printed for people and exits with 2.
struct Command {
  CommandSpec spec;
  Result<int> (*run)(const Arguments& arguments, const Clock& clock);
};

Command ServeCommand();
Command ConfigCommand();
Command HealthCommand();
Command LogInCommand();
Command CallCommand();
Command ImportCommand();
Command SimulateCommand();
Command RuleCommand();
Command QueueCommand();

// The options --server, --user and --password-file, which every client command takes.
std::vector<Option> ConnectionOptions();

// The details they give. The password comes from --password-file, VEDETTE_PASSWORD_FILE or
// VEDETTE_PASSWORD, in this order.
Result<LogInDetails> ReadLogInDetails(const Arguments& arguments);

// The first line of a file that holds a secret.
Result<Sensitive<std::string>> ReadSecretFile(const std::string& path);

// "error: …" with one line a violation, on stderr.
void PrintError(const Error& error);

}  // namespace vedette::app
