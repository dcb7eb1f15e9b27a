// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reads the texts of Linux that tell a process about its processors; pure functions that survive
// any text. See cgroups(7), proc(5) and the kernel's admin-guide on control groups.
namespace vedette {

// Where the files of the process's control group are.
struct ControlGroup {
  enum class Version { kOne, kTwo };
  Version version = Version::kTwo;
  std::string usage_directory;
  std::vector<std::string> quota_directories;  // its own first, then those above it

  bool operator==(const ControlGroup&) const = default;
};

// From /proc/self/cgroup and /proc/self/mountinfo. Version 1 when its controller for processor time
// is in use; nullopt when no group is mounted.
std::optional<ControlGroup> FindControlGroup(std::string_view cgroup, std::string_view mountinfo);

// usage_usec of a version 2 cpu.stat.
std::optional<std::chrono::nanoseconds> ParseCpuStat(std::string_view text);
// cpuacct.usage of version 1.
std::optional<std::chrono::nanoseconds> ParseCpuAccount(std::string_view text);

// Processors at a time that cpu.max of version 2 allows; nullopt for "max".
std::optional<double> ParseCpuMax(std::string_view text);
// The same from cpu.cfs_quota_us and cpu.cfs_period_us of version 1; nullopt for a quota of -1.
std::optional<double> ParseCfsQuota(std::string_view quota, std::string_view period);

}  // namespace vedette
