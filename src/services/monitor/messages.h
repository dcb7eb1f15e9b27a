// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/monitor/v1/monitor.pb.h>

#include "services/monitor/alerts.h"

// The contract's messages and what is behind them.
namespace vedette::monitor {

GivenObservation FromProto(v1::Observation& message);
v1::Alert ToProto(EnrichedAlert enriched);
v1::AlertDetail ToProto(AlertDetail detail);
v1::AlertChange ToProto(AlertChange change);
v1::Silence ToProto(Silence silence);
v1::AlertSummary ToProto(AlertSummary summary);
v1::Series ToProto(SubjectSeries series);

}  // namespace vedette::monitor
