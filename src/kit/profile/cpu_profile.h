// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vedette {

// A stack that was met `count` times.
struct CpuSample {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> addresses;  // the innermost first; the others are return addresses
};

struct CpuProfile {
  std::chrono::microseconds period{0};  // between two samples of one processor
  std::vector<CpuSample> samples;
};

// Reads gperftools' format of processor profiles ("CPU Profile binary data file format", 64 bit,
// little endian). kInvalidArgument for other bytes.
Result<CpuProfile> ParseCpuProfile(std::string_view bytes);

}  // namespace vedette
