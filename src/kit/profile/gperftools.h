// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

// The edge to gperftools. In a build without it everything is kUnimplemented.
namespace vedette::gperftools {

// Profiles the process while `wait` runs on this thread; kFailedPrecondition when something else in
// the process does so already.
Result<std::string> ProfileWhile(const std::function<void()>& wait);

// The mean distance in bytes of sampled allocations; 0 samples none.
void SetHeapSampling(std::int64_t bytes);

Result<std::string> HeapSample();

}  // namespace vedette::gperftools
