// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vedette {

// A reading of the processor time that was used so far, and of how many processors may be used at
// a time, a fraction where a quota says so.
struct CpuTime {
  std::chrono::nanoseconds used{0};
  double processors = 0;
};

class CpuSource {
 public:
  virtual ~CpuSource() = default;
  // nullopt when it cannot be known now.
  virtual std::optional<CpuTime> Read() = 0;
};

// What the system source reads from; tests give texts.
struct CpuFiles {
  // The content of a file under /proc or of a control group; nullopt when it is not there.
  std::function<std::optional<std::string>(const std::string& path)> read;
  // The processors that the scheduler may put this process on, ascending: the cpuset and what
  // taskset said.
  std::function<std::vector<int>()> affinity;
};

CpuFiles SystemCpuFiles();

// The process's own control group, version 2 or 1, wherever it is mounted: its usage, against the
// least of its processors and the quotas of itself and of the groups above it. Where that cannot be
// read, the machine's usage of the processors that the process may use, from /proc/stat.
std::unique_ptr<CpuSource> MakeSystemCpuSource(CpuFiles files = SystemCpuFiles());

}  // namespace vedette
