// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/monitor/v1/monitor.pb.h>

#include "base/clock.h"
#include "services/monitor/detector.h"
#include "services/monitor/event_lookup.h"

namespace vedette::monitor {

// What is kept of why an alert fired: the rule by its hash, the versions of the observations that
// were read, and the value of every sub-expression. The finding has evidence. Clinical.
v1::Evidence MakeEvidence(const Finding& finding, const EventLookup& events, Timestamp now);

}  // namespace vedette::monitor
