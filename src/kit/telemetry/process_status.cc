// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/process_status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cmath>

#include "kit/telemetry/process_figures.h"

namespace vedette {
namespace {

StatusCell Count(double value) {
  if (std::isnan(value)) return "unknown";
  return static_cast<std::int64_t>(value);
}

std::string CpuText(double seconds) {
  return std::isnan(seconds) ? "unknown" : fmt::format("{:.1f} s", seconds);
}

}  // namespace

std::string FormatDuration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0 s";
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto whole = static_cast<std::int64_t>(seconds);
  if (seconds >= 86'400) return fmt::format("{} d {} h", whole / 86'400, whole % 86'400 / 3600);
  if (seconds >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  if (seconds >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (seconds >= 1) return fmt::format("{:.2f} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.1f} ms", seconds * 1e3);
  return fmt::format("{:.0f} µs", seconds * 1e6);
}

std::string FormatBytes(double bytes) {
  if (std::isnan(bytes)) return "unknown";
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (std::abs(bytes) >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

std::string FormatTime(Timestamp time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

void AddProcessStatus(StatusRegistry& status,
                      std::string version,
                      std::vector<std::string> roles,
                      const Clock& clock) {
  std::string joined;
  for (const std::string& role : roles) joined += (joined.empty() ? "" : ", ") + role;
  status.Add("process", "Process",
             [version = std::move(version), joined = std::move(joined), &clock,
              started = clock.Now(), steady = clock.SteadyNow()]() -> StatusContent {
               return StatusPairs{{
                   {"version", version},
                   {"compiler", __VERSION__},
                   {"roles", joined},
                   {"started", FormatTime(started)},
                   {"seen at", FormatTime(clock.Now())},
                   {"uptime", FormatDuration(clock.SteadyNow() - steady)},
                   {"process id", getpid()},
                   {"resident memory", FormatBytes(ProcessResidentBytes())},
                   {"processor time", CpuText(ProcessCpuSeconds())},
                   {"threads", Count(ProcessThreads())},
                   {"open files", Count(ProcessOpenFiles())},
               }};
             });
}

}  // namespace vedette
