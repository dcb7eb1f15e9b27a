// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/log.h"
#include "kit/telemetry/sampling_log.h"

namespace vedette::app {

// What of the log can be changed while the process runs; null for what cannot.
struct LogHandles {
  std::shared_ptr<LogControl> control;
  std::shared_ptr<SamplingLogSink> sampling;
};

}  // namespace vedette::app
