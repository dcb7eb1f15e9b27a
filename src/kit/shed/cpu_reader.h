// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "kit/shed/cpu_source.h"
#include "kit/shed/shedder.h"

namespace vedette {

struct CpuReaderOptions {
  std::chrono::milliseconds interval = std::chrono::milliseconds(250);  // between samples
  // What each sample leaves of the value before. go-zero's 0.95 would see an overload after twelve
  // seconds, when more waits than anyone waits for; a load that falls is believed as late as there.
  double rise_beta = 0.7;
  double fall_beta = 0.95;

  void Describe(config::Section& section);
};

// How busy the processors are that this process may use: what its own cgroup, or else the process,
// used of its quota and processor set. A thread of its own samples from construction to
// destruction, so the reading is right also when every other thread is busy.
class CgroupCpuReader final : public CpuReader {
 public:
  // `clock` outlives it. `source` is the operating system's but in tests.
  CgroupCpuReader(const CpuReaderOptions& options,
                  const Clock& clock,
                  std::unique_ptr<CpuSource> source = MakeSystemCpuSource());
  ~CgroupCpuReader() override;

  std::optional<double> Usage() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Says what it was told; for tests and for a process that shall not shed.
class FixedCpuReader final : public CpuReader {
 public:
  explicit FixedCpuReader(std::optional<double> usage) { Set(usage); }
  void Set(std::optional<double> usage) { usage_.store(usage.value_or(-1)); }
  std::optional<double> Usage() const override {
    const double usage = usage_.load(std::memory_order_relaxed);
    return usage < 0 ? std::nullopt : std::optional(usage);
  }

 private:
  std::atomic<double> usage_;
};

}  // namespace vedette
