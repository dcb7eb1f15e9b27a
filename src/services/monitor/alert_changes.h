// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/uuid.h"
#include "kit/db/database.h"
#include "services/monitor/alert_types.h"

// The trail of an alert: one row for each thing that happened to it, by the engine or a person.
namespace vedette::monitor {

db::BulkInsert ChangeInsert();
db::Params ChangeParams(const Uuid& alert_id, std::string study_id, AlertChange change);

}  // namespace vedette::monitor
