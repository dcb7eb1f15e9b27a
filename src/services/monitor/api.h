// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "services/monitor/alerts.h"
#include "services/monitor/recorder.h"

namespace vedette::monitor::v1 {
class MonitorApi;
}

namespace vedette::monitor {

// The contract over recorder and reader, which must outlive it: translates, decides nothing.
std::unique_ptr<v1::MonitorApi> MakeMonitorApi(Recorder& recorder, AlertReader& reader);

}  // namespace vedette::monitor
