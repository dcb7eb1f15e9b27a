// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kit/http/router.h"
#include "kit/telemetry/health.h"
#include "kit/telemetry/metrics.h"

namespace vedette::app {

// What every process answers to its operators: /healthz, /readyz, /metrics, which is in OpenMetrics
// with exemplars when the Accept header asks for it. Both references outlive the router.
void AddOpsRoutes(http::Router& router,
                  const HealthRegistry& health,
                  const MetricsRegistry& metrics);

}  // namespace vedette::app
