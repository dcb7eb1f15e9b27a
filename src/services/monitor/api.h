// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "kit/db/database.h"
#include "services/monitor/alerts.h"
#include "services/monitor/desk.h"
#include "services/monitor/recorder.h"

namespace vedette::monitor::v1 {
class MonitorApi;
}

namespace vedette::monitor {

// What the contract stands on; all must outlive it.
struct ApiParts {
  Recorder& recorder;
  AlertReader& reader;
  AlertDesk& desk;
  db::Database& database;
  const Clock& clock;
};

// Translates, decides nothing.
std::unique_ptr<v1::MonitorApi> MakeMonitorApi(ApiParts parts);

}  // namespace vedette::monitor
