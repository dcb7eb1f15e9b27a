// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

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

// What the system source reads; tests give texts and numbers.
struct CpuFacts {
  // The content of a file under /proc or of a control group; nullopt when it is not there.
  std::function<std::optional<std::string>(const std::string& path)> read;
  // Processors that the scheduler may put this process on: the cpuset and what taskset said.
  std::function<int()> processors;
  // Processor time of this process alone.
  std::function<std::optional<std::chrono::nanoseconds>()> own_time;
};

CpuFacts SystemCpuFacts();

// What the process's own control group used, version 2 or 1, wherever it is mounted, against the
// least of its processors and the quotas of itself and of the groups above it. In the root group,
// which is the whole machine, and where no group can be read: what the process itself used. So
// other work on the machine does not count as load of this process.
std::unique_ptr<CpuSource> MakeSystemCpuSource(CpuFacts facts = SystemCpuFacts());

}  // namespace vedette
