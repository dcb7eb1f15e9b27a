// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "kit/auth/principal.h"
#include "kit/task/deadline.h"
#include "kit/telemetry/trace_context.h"

namespace vedette {

// What travels with a call besides the request. Cheap to copy; passed by value. Cancellation
// travels by itself, with the coroutines.
struct CallContext {
  Deadline deadline;
  TraceContext trace;
  // Never null inside a service: an open operation sees an anonymous principal (empty subject).
  std::shared_ptr<const Principal> principal;
  // The caller's token, sent along to remote services; null for open calls. Never logged.
  std::shared_ptr<const std::string> bearer_token;
};

}  // namespace vedette
