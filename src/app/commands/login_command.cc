// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "app/commands/command.h"
#include "kit/task/runtime.h"

namespace vedette::app {
namespace {

Result<int> Run(const Arguments& arguments, const Clock& clock) {
  VEDETTE_TRY(LogInDetails details, ReadLogInDetails(arguments));
  Runtime runtime(1);
  VEDETTE_TRY(const std::unique_ptr<Session> session, Session::Create(std::move(details), clock));
  VEDETTE_TRY(const std::string token,
              Await<Result<std::string>>(runtime, [&] { return session->Token(); }));
  std::printf("%s\n", token.c_str());
  return 0;
}

}  // namespace

Command LogInCommand() {
  return {{"login", "", "Prints an access token, for scripts: TOKEN=$(vedette login --user me).",
           ConnectionOptions()},
          Run};
}

}  // namespace vedette::app
