// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/metrics_access.h"
#include "kit/http/router.h"
#include "kit/service/ops_access.h"
#include "kit/telemetry/health.h"
#include "kit/telemetry/metrics.h"

namespace vedette::app {

// What every process answers to its operators: /healthz and /readyz, to anybody; /metrics, in
// OpenMetrics with exemplars when the Accept header asks for it, to who may read it. The references
// outlive the router.
void AddOpsRoutes(http::Router& router,
                  const HealthRegistry& health,
                  const MetricsRegistry& metrics,
                  const MetricsAccess& readers,
                  const OpsAccess& operators);

}  // namespace vedette::app
