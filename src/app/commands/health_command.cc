// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "app/commands/command.h"
#include "kit/http/client.h"
#include "kit/task/runtime.h"

namespace vedette::app {
namespace {

Result<int> Run(const Arguments& arguments, const Clock& clock) {
  VEDETTE_TRY(http::UrlParts url, http::ParseUrl(arguments.Get("url")));
  Runtime runtime(1);
  const SteadyTime deadline = clock.SteadyNow() + std::chrono::seconds(5);
  VEDETTE_TRY(const http::ClientResponse response,
              Await<Result<http::ClientResponse>>(runtime, [&] {
                return http::Fetch(url.endpoint, {.target = "/readyz"}, deadline);
              }));
  std::printf("%s\n", response.body.c_str());
  return response.status == 200 ? 0 : 1;
}

}  // namespace

Command HealthCommand() {
  return {{"health",
           "",
           "Asks a process whether it is ready; exit code 0 when it is.",
           {{"url", "URL", "its HTTP address", "http://127.0.0.1:8080"}}},
          Run};
}

}  // namespace vedette::app
