// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/governance.h"
#include "app/wiring.h"
#include "kit/telemetry/status.h"

namespace vedette::app {

// What the status page shows of a process beside "process": load, what comes in, what goes out,
// stores, budgets, features, live values, slow operations. The references outlive the registry.
void AddStatusSections(StatusRegistry& status, Governance& governance, const Wiring& wiring);

}  // namespace vedette::app
