// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "kit/telemetry/status.h"

namespace vedette {

// "25 h 3 min", "4.2 s": a duration for people.
std::string FormatDuration(std::chrono::nanoseconds duration);
// "3.4 MiB".
std::string FormatBytes(double bytes);

// Adds the section "process": version, compiler, uptime since this call, roles, process id, memory,
// processor time, threads, open files. `clock` outlives the registry.
void AddProcessStatus(StatusRegistry& status,
                      std::string version,
                      std::vector<std::string> roles,
                      const Clock& clock);

}  // namespace vedette
