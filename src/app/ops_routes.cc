// SPDX-License-Identifier: Apache-2.0
#include "app/ops_routes.h"

#include <utility>

namespace vedette::app {
namespace {

Task<http::Response> Answer(http::Response response) { co_return response; }

http::Response FromReport(const HealthReport& report) {
  http::Response response;
  response.status = report.ok ? 200 : 503;
  response.headers.Set("Content-Type", "application/json");
  response.body = report.body;
  return response;
}

http::Response FromMetrics(const MetricsRegistry& metrics, const http::Request& request) {
  const MetricsFormat format = ChooseMetricsFormat(request.headers.Get("Accept").value_or(""));
  http::Response response;
  response.headers.Set("Content-Type", std::string(MetricsContentType(format)));
  response.body = metrics.Expose(format);
  return response;
}

}  // namespace

void AddOpsRoutes(http::Router& router,
                  const HealthRegistry& health,
                  const MetricsRegistry& metrics,
                  const MetricsAccess& readers,
                  const OpsAccess& operators) {
  router.Add("GET", "/healthz",
             [&health](http::Request) { return Answer(FromReport(health.Live())); });
  router.Add("GET", "/readyz",
             [&health](http::Request) { return Answer(FromReport(health.Ready())); });
  const http::Handler page = [&metrics](http::Request request) {
    return Answer(FromMetrics(metrics, request));
  };
  router.Add(
      "GET", "/metrics", [&readers, page, guarded = operators.Guard(page)](http::Request request) {
        return readers.Allows(request) ? page(std::move(request)) : guarded(std::move(request));
      });
}

}  // namespace vedette::app
