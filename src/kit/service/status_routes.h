// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kit/http/router.h"
#include "kit/service/ops_access.h"
#include "kit/telemetry/status.h"

namespace vedette {

// GET /debug/status for who may see the process's inside: an HTML page, or JSON with
// ?format=json or when the Accept header names application/json and not text/html. The references
// outlive the router.
void AddStatusRoutes(http::Router& router, const OpsAccess& access, const StatusRegistry& status);

}  // namespace vedette
