// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "base/result.h"
#include "base/uuid.h"
#include "kit/db/database.h"
#include "services/monitor/detector.h"
#include "services/monitor/event_lookup.h"

namespace vedette::monitor {

inline Uuid AlertIdOf(const Finding& finding) { return Uuid{finding.transition.alert.id}; }

// Writes down the alerts that were raised, as they will stay. The ids of those that were not there
// before.
Task<Result<std::set<Uuid>>> InsertAlerts(db::Transaction& transaction,
                                          const Findings& findings,
                                          const EventLookup& events,
                                          Timestamp now);

}  // namespace vedette::monitor
