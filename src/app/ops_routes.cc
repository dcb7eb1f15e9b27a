// SPDX-License-Identifier: Apache-2.0
#include "app/ops_routes.h"

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

http::Response FromMetrics(const MetricsRegistry& metrics) {
  http::Response response;
  response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = metrics.Expose();
  return response;
}

}  // namespace

void AddOpsRoutes(http::Router& router,
                  const HealthRegistry& health,
                  const MetricsRegistry& metrics) {
  router.Add("GET", "/healthz",
             [&health](http::Request) { return Answer(FromReport(health.Live())); });
  router.Add("GET", "/readyz",
             [&health](http::Request) { return Answer(FromReport(health.Ready())); });
  router.Add("GET", "/metrics", [&metrics](http::Request) { return Answer(FromMetrics(metrics)); });
}

}  // namespace vedette::app
