// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/code.h"
#include "kit/telemetry/trace_context.h"

namespace vedette {

// Whether a trace is among the `ratio` (0 to 1) that is exported: the last 8 bytes of its id, big
// endian without the lowest bit, lie below ratio × 2^63, as in OpenTelemetry's SDKs. Every process
// decides alike, and what a small ratio takes a larger one takes too.
bool IsSampledByRatio(const TraceContext& context, double ratio);

// Whether a failure is ours and not the caller's: what makes a trace worth keeping.
bool IsFault(Code code);

}  // namespace vedette
