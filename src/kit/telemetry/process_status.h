// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kit/telemetry/status.h"

namespace vedette {

// For people: "2 d 3 h", "1 min 5 s", "4.20 s", "310 µs".
std::string FormatDuration(std::chrono::nanoseconds duration);
// "512 B", "3.4 MiB".
std::string FormatBytes(double bytes);
// "2026-01-31 08:00:00Z".
std::string FormatTime(Timestamp time);

// Adds the section "process": version, compiler, uptime since this call, roles, process id, memory,
// processor time, threads, open files. `clock` outlives the registry.
void AddProcessStatus(StatusRegistry& status,
                      std::string version,
                      std::vector<std::string> roles,
                      const Clock& clock);

}  // namespace vedette
