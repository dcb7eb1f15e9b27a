// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/cpu_source.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "kit/shed/cgroup.h"

namespace vedette {
namespace {

class ControlGroupSource final : public CpuSource {
 public:
  ControlGroupSource(CpuFiles files, ControlGroup group)
      : files_(std::move(files)), group_(std::move(group)) {}

  std::optional<CpuTime> Read() override {
    const std::optional<std::chrono::nanoseconds> used = Used();
    double processors = static_cast<double>(files_.affinity().size());
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
        files_.read(group_.usage_directory + (IsTwo() ? "/cpu.stat" : "/cpuacct.usage"));
    if (!text) return std::nullopt;
    return IsTwo() ? ParseCpuStat(*text) : ParseCpuAccount(*text);
  }

  std::optional<double> Quota(const std::string& directory) const {
    if (IsTwo()) {
      const auto text = files_.read(directory + "/cpu.max");
      return text ? ParseCpuMax(*text) : std::nullopt;
    }
    const auto quota = files_.read(directory + "/cpu.cfs_quota_us");
    const auto period = files_.read(directory + "/cpu.cfs_period_us");
    return quota && period ? ParseCfsQuota(*quota, *period) : std::nullopt;
  }

  CpuFiles files_;
  ControlGroup group_;
};

class MachineSource final : public CpuSource {
 public:
  explicit MachineSource(CpuFiles files) : files_(std::move(files)) {}

  std::optional<CpuTime> Read() override {
    const auto text = files_.read("/proc/stat");
    if (!text) return std::nullopt;
    return ParseProcStat(*text, files_.affinity(), sysconf(_SC_CLK_TCK));
  }

 private:
  CpuFiles files_;
};

std::optional<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return file.bad() ? std::nullopt : std::optional(std::move(text));
}

std::vector<int> Affinity() {
  cpu_set_t set;
  std::vector<int> processors;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return processors;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(static_cast<std::size_t>(processor), &set)) processors.push_back(processor);
  }
  return processors;
}

}  // namespace

CpuFiles SystemCpuFiles() { return {.read = ReadWholeFile, .affinity = Affinity}; }

std::unique_ptr<CpuSource> MakeSystemCpuSource(CpuFiles files) {
  const auto cgroup = files.read("/proc/self/cgroup");
  const auto mountinfo = files.read("/proc/self/mountinfo");
  if (cgroup && mountinfo) {
    std::optional<ControlGroup> group = FindControlGroup(*cgroup, *mountinfo);
    if (group) {
      auto source = std::make_unique<ControlGroupSource>(files, *std::move(group));
      if (source->Read()) return source;
    }
  }
  return std::make_unique<MachineSource>(std::move(files));
}

}  // namespace vedette
