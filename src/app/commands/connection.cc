// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "app/commands/command.h"

namespace vedette::app {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::vector<Option> ConnectionOptions() {
  return {{"server", "HOST:PORT", "gRPC address of the system; also VEDETTE_SERVER", {}},
          {"user", "NAME", "who logs in; also VEDETTE_USER", {}},
          {"password-file", "FILE", "the password; also VEDETTE_PASSWORD_FILE, VEDETTE_PASSWORD"}};
}

Result<Sensitive<std::string>> ReadSecretFile(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line) || line.empty()) {
    return Fail(Code::kInvalidArgument, "cannot read a secret from " + path);
  }
  return Sensitive<std::string>(std::move(line));
}

Result<LogInDetails> ReadLogInDetails(const Arguments& arguments) {
  LogInDetails details;
  details.server = arguments.Get("server");
  if (details.server.empty()) details.server = FromEnvironment("VEDETTE_SERVER");
  if (details.server.empty()) details.server = "127.0.0.1:9090";
  details.user = arguments.Get("user");
  if (details.user.empty()) details.user = FromEnvironment("VEDETTE_USER");
  if (details.user.empty()) {
    return Fail(Code::kInvalidArgument, "who logs in? Give --user NAME or set VEDETTE_USER");
  }
  std::string file = arguments.Get("password-file");
  if (file.empty()) file = FromEnvironment("VEDETTE_PASSWORD_FILE");
  if (!file.empty()) {
    VEDETTE_TRY(details.password, ReadSecretFile(file));
    return details;
  }
  details.password = Sensitive<std::string>(FromEnvironment("VEDETTE_PASSWORD"));
  if (details.password.Reveal().empty()) {
    return Fail(Code::kInvalidArgument,
                "no password: give --password-file FILE, or set VEDETTE_PASSWORD_FILE or "
                "VEDETTE_PASSWORD");
  }
  return details;
}

void PrintError(const Error& error) {
  std::fprintf(stderr, "error: %s\n", error.message.c_str());
  for (const FieldViolation& violation : error.violations) {
    if (error.message.find(violation.description) != std::string::npos) continue;  // said already
    std::fprintf(stderr, "  %s: %s\n", violation.field.c_str(), violation.description.c_str());
  }
}

}  // namespace vedette::app
