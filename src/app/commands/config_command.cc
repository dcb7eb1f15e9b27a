// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "app/app.h"
#include "app/commands/command.h"
#include "app/config.h"

namespace vedette::app {
namespace {

Result<int> Run(const Arguments& arguments, const Clock&) {
  const std::vector<std::string>& words = arguments.positional();
  if (words.size() == 1 && words[0] == "docs") {
    std::fputs(ConfigReference().c_str(), stdout);
    return 0;
  }
  if (words.size() == 2 && words[0] == "check") {
    VEDETTE_CHECK_OK(LoadConfig(words[1], arguments.GetAll("set")));
    std::printf("%s is in order\n", words[1].c_str());
    return 0;
  }
  return Fail(Code::kInvalidArgument, "say `vedette config docs` or `vedette config check FILE`");
}

}  // namespace

Command ConfigCommand() {
  return {{"config",
           "docs | check FILE",
           "Prints the reference of all settings, or checks a file.",
           {{"set", "PATH=VALUE", "overrides a setting", {}, true}}},
          Run};
}

}  // namespace vedette::app
