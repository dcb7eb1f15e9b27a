// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace vedette {

namespace config {
class Section;
}  // namespace config

// How budgets are kept; their sizes come with each call (rpc::LimitOptions).
struct LimiterOptions {
  std::int64_t max_keys = 100'000;  // budgets that one process remembers
  // Longest wait for Redis; then the process grants its share by itself.
  std::chrono::milliseconds redis_timeout{100};
  std::int64_t replicas = 1;  // processes that then share the budgets

  void Describe(config::Section& section);
};

}  // namespace vedette
