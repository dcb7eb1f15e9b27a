// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/cpu_source.h"

#include <sched.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>

#include "kit/shed/cgroup.h"

namespace vedette {
namespace {

class ControlGroupSource final : public CpuSource {
 public:
  ControlGroupSource(CpuFacts facts, ControlGroup group)
      : facts_(std::move(facts)), group_(std::move(group)) {}

  std::optional<CpuTime> Read() override {
    const std::optional<std::chrono::nanoseconds> used = Used();
    double processors = facts_.processors();
    for (const std::string& directory : group_.quota_directories) {
      const std::optional<double> quota = Quota(directory);
      if (quota) processors = std::min(processors, *quota);
    }
    if (!used || processors <= 0) return std::nullopt;
    return CpuTime{*used, processors};
  }

 private:
  bool IsTwo() const { return group_.version == ControlGroup::Version::kTwo; }

  std::optional<std::chrono::nanoseconds> Used() const {
    const auto text =
        facts_.read(group_.usage_directory + (IsTwo() ? "/cpu.stat" : "/cpuacct.usage"));
    if (!text) return std::nullopt;
    return IsTwo() ? ParseCpuStat(*text) : ParseCpuAccount(*text);
  }

  std::optional<double> Quota(const std::string& directory) const {
    if (IsTwo()) {
      const auto text = facts_.read(directory + "/cpu.max");
      return text ? ParseCpuMax(*text) : std::nullopt;
    }
    const auto quota = facts_.read(directory + "/cpu.cfs_quota_us");
    const auto period = facts_.read(directory + "/cpu.cfs_period_us");
    return quota && period ? ParseCfsQuota(*quota, *period) : std::nullopt;
  }

  CpuFacts facts_;
  ControlGroup group_;
};

class ProcessSource final : public CpuSource {
 public:
  explicit ProcessSource(CpuFacts facts) : facts_(std::move(facts)) {}

  std::optional<CpuTime> Read() override {
    const std::optional<std::chrono::nanoseconds> used = facts_.own_time();
    const int processors = facts_.processors();
    if (!used || processors <= 0) return std::nullopt;
    return CpuTime{*used, static_cast<double>(processors)};
  }

 private:
  CpuFacts facts_;
};

// Version 2 has cgroup.type in every group but the root; version 1, release_agent in the root
// alone.
bool IsWholeMachine(const CpuFacts& facts, const ControlGroup& group) {
  return group.version == ControlGroup::Version::kTwo
             ? !facts.read(group.usage_directory + "/cgroup.type")
             : facts.read(group.usage_directory + "/release_agent").has_value();
}

std::optional<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return file.bad() ? std::nullopt : std::optional(std::move(text));
}

int Processors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;
}

std::optional<std::chrono::nanoseconds> OwnTime() {
  timespec time{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

CpuFacts SystemCpuFacts() {
  return {.read = ReadWholeFile, .processors = Processors, .own_time = OwnTime};
}

std::unique_ptr<CpuSource> MakeSystemCpuSource(CpuFacts facts) {
  const auto cgroup = facts.read("/proc/self/cgroup");
  const auto mountinfo = facts.read("/proc/self/mountinfo");
  if (cgroup && mountinfo) {
    std::optional<ControlGroup> group = FindControlGroup(*cgroup, *mountinfo);
    if (group && !IsWholeMachine(facts, *group)) {
      auto source = std::make_unique<ControlGroupSource>(facts, *std::move(group));
      if (source->Read()) return source;
    }
  }
  return std::make_unique<ProcessSource>(std::move(facts));
}

}  // namespace vedette
