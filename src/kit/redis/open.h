// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "kit/redis/client.h"
#include "kit/redis/options.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace vedette::redis {

// All outlive the client.
struct Dependencies {
  Logger logger;
  MetricsRegistry& metrics;
  Tracer& tracer;
  const Clock& clock;  // of the breaker; deadlines are measured by the system's clock
  RandomSource& random;
  std::string name = "vedette";  // what CLIENT LIST shows
};

// Returns at once and connects by itself: Redis need not be there. kInvalidArgument for options
// that cannot be right: an URL of another form, a file that cannot be read. Close() the client
// before its destruction.
Result<std::unique_ptr<Client>> MakeClient(const RedisOptions& options,
                                           Runtime& runtime,
                                           Dependencies dependencies);

}  // namespace vedette::redis
