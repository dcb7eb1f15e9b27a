// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/process_metrics.h"

#include <string>

#include "kit/telemetry/process_figures.h"

namespace vedette {

void AddProcessMetrics(MetricsRegistry& registry, std::string_view version) {
  registry.AddGaugeCallback("process_resident_memory_bytes", "Resident memory size in bytes.", {},
                            ProcessResidentBytes);
  registry.AddCounterCallback("process_cpu_seconds_total",
                              "User and system processor time spent, in seconds.", {},
                              ProcessCpuSeconds);
  registry.AddGaugeCallback("process_start_time_seconds",
                            "Start of the process in seconds since the Unix epoch.", {},
                            [start = ProcessStartTimeSeconds()] { return start; });
  registry.AddGaugeCallback("process_open_fds", "Open file descriptors.", {}, ProcessOpenFiles);
  registry.AddGaugeCallback("process_threads", "Threads of the process.", {}, ProcessThreads);
  registry
      .GetGauge("vedette_build_info", "Always 1; the labels tell what runs.",
                {{"version", std::string(version)}, {"compiler", __VERSION__}})
      .Set(1);
}

}  // namespace vedette
