// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "kit/task/task.h"

namespace vedette {

// One role's working part, as the app sees it. Constructed without I/O; Start migrates its store
// and loads what it needs; Stop ends background work, bounded, and is harmless when called twice.
class Module {
 public:
  virtual ~Module() = default;
  virtual Task<Status> Start() = 0;
  virtual Task<void> Stop() = 0;
  // Why the role cannot serve now, for /readyz; success when it can. Thread-safe.
  virtual Status Ready() const = 0;
};

}  // namespace vedette
