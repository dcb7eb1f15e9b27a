// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kit/http/router.h"
#include "kit/profile/profiler.h"
#include "kit/service/ops_access.h"

namespace vedette {

// For who may see the process's inside:
//   GET       /debug/pprof/profile?seconds=N  processor profile, 1 to 60 seconds, 10 unless told
//   GET       /debug/pprof/heap               sampled live allocations
//   GET, POST /debug/pprof/symbol             names of addresses "0x1+0x2"
//   GET       /debug/pprof/cmdline            the program's path, without arguments
//   GET       /debug/flame?seconds=N          a flame graph of a processor profile taken now
// The references outlive the router.
void AddProfileRoutes(http::Router& router, const OpsAccess& access, Profiler& profiler);

}  // namespace vedette
