// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/cpu_reader.h"

#include <condition_variable>
#include <limits>
#include <mutex>
#include <stop_token>
#include <thread>

#include "kit/config/section.h"
#include "kit/shed/cpu_meter.h"

namespace vedette {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void CpuReaderOptions::Describe(config::Section& section) {
  section.Field("interval", interval,
                {.text = "Time between two readings of the processor time.",
                 .minimum = 10,
                 .maximum = 60'000});
  section.Field("rise_beta", rise_beta,
                {.text = "What a reading above the smoothed value leaves of it.",
                 .minimum = 0,
                 .maximum = 0.999});
  section.Field("fall_beta", fall_beta,
                {.text = "What a reading below the smoothed value leaves of it.",
                 .minimum = 0,
                 .maximum = 0.999});
}

struct CgroupCpuReader::Impl {
  const CpuReaderOptions options;
  const Clock& clock;
  const std::unique_ptr<CpuSource> source;
  std::atomic<double> usage{kUnknown};
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::jthread sampler;  // last: it uses all the others

  Impl(const CpuReaderOptions& reader_options,
       const Clock& reader_clock,
       std::unique_ptr<CpuSource> reader_source)
      : options(reader_options),
        clock(reader_clock),
        source(std::move(reader_source)),
        sampler([this](std::stop_token stop) { Sample(std::move(stop)); }) {}

  void Sample(std::stop_token stop) {
    CpuMeter meter(options.rise_beta, options.fall_beta);
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      meter.Add(clock.SteadyNow(), Read());
      usage.store(meter.usage().value_or(kUnknown), std::memory_order_relaxed);
      stopped.wait_for(lock, stop, options.interval, [] { return false; });
    }
  }

  std::optional<CpuTime> Read() const {
    try {
      return source->Read();
    } catch (...) {
      return std::nullopt;
    }
  }
};

CgroupCpuReader::CgroupCpuReader(const CpuReaderOptions& options,
                                 const Clock& clock,
                                 std::unique_ptr<CpuSource> source)
    : impl_(std::make_unique<Impl>(options, clock, std::move(source))) {}

CgroupCpuReader::~CgroupCpuReader() = default;

std::optional<double> CgroupCpuReader::Usage() const {
  const double usage = impl_->usage.load(std::memory_order_relaxed);
  return usage == usage ? std::optional(usage) : std::nullopt;
}

}  // namespace vedette
