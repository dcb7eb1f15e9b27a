// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kit/breaker/breaker.h"

namespace vedette::db {

struct SlowStatement {
  std::string_view name;  // never the text, never a parameter
  Timestamp time;         // when it ended
  std::chrono::microseconds duration{0};
};

// What a database is like now, for the status page.
struct DatabaseState {
  std::string service;
  std::string_view dialect;      // "sqlite" or "postgres"
  std::int64_t connections = 0;  // limit of the pool
  std::int64_t running = 0;      // statements and transactions that hold one
  std::int64_t waiting = 0;      // that wait for one
  std::optional<Breaker::State> breaker = std::nullopt;
  std::uint64_t slow_count = 0;
  std::vector<SlowStatement> slow;  // the last 32, newest first
};

}  // namespace vedette::db
