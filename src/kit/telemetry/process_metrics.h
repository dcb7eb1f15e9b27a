// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "kit/telemetry/metrics.h"

namespace vedette {

// Registers process_resident_memory_bytes, process_cpu_seconds_total, process_start_time_seconds,
// process_open_fds, process_threads (all read from /proc when asked) and
// vedette_build_info{version,compiler} = 1. Once per registry.
void AddProcessMetrics(MetricsRegistry& registry, std::string_view version);

}  // namespace vedette
