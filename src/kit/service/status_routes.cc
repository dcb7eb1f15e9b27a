// SPDX-License-Identifier: Apache-2.0
#include "kit/service/status_routes.h"

namespace vedette {
namespace {

// Nothing from elsewhere, and no scripts at all.
constexpr char kPolicy[] = "default-src 'none'; style-src 'unsafe-inline'";

bool WantsJson(const http::Request& request) {
  if (request.query == "format=json") return true;
  const std::string_view accept = request.headers.Get("Accept").value_or("");
  return accept.find("application/json") != std::string_view::npos &&
         accept.find("text/html") == std::string_view::npos;
}

Task<http::Response> Answer(const StatusRegistry& status, bool json) {
  http::Response response;
  if (json) {
    response.headers.Set("Content-Type", "application/json");
    response.body = status.Json();
  } else {
    response.headers.Set("Content-Type", "text/html; charset=utf-8");
    response.headers.Set("Content-Security-Policy", kPolicy);
    response.body = status.Html("Vedette: this process");
  }
  co_return response;
}

}  // namespace

void AddStatusRoutes(http::Router& router, const OpsAccess& access, const StatusRegistry& status) {
  router.Add("GET", "/debug/status", access.Guard([&status](http::Request request) {
    return Answer(status, WantsJson(request));
  }));
}

}  // namespace vedette
