// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "kit/breaker/breaker.h"
#include "kit/db/state.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"

namespace vedette::db {

// A database that is back must be used again within seconds, so its breaker looks back less far
// than that of a call, and lets one through more often.
inline BreakerOptions DatabaseBreaker() {
  return {.window = std::chrono::seconds(3),
          .buckets = 12,
          .forced_pass = std::chrono::milliseconds(250)};
}

struct Governance {
  BreakerOptions breaker = DatabaseBreaker();
  std::chrono::milliseconds slow_statement{500};
  Tracer* tracer = nullptr;  // null: no spans; outlives the database
  std::string_view system;   // "postgresql" or "sqlite": OpenTelemetry's db.system
};

// What a statement's end says about the database: kUnavailable and kDeadlineExceeded are failures;
// kCancelled and kResourceExhausted say nothing; everything else, constraints, conflicts between
// transactions and wrong statements, is an answer, and success.
Outcome OutcomeOfStatement(const Error* error);

// The breaker of one database, the spans of its statements, and the memory of slow ones. A
// transaction is one call to the breaker. Thread-safe.
class Governor {
 public:
  Governor(std::string service, Governance governance, MetricsRegistry* registry);

  // kUnavailable when the database fails too often now.
  Result<Breaker::Permit> Allow() { return breaker_.Allow(); }
  // A span only where there is a trace to be part of.
  Span Start(std::string_view statement, const TraceContext& parent);
  void Observe(std::string_view statement, std::chrono::nanoseconds duration);

  // Its part of a snapshot.
  void Fill(DatabaseState* state) const;

 private:
  static BreakerCounters CountersOf(const std::string& service, MetricsRegistry* registry);

  const std::string service_;
  const Governance governance_;
  MetricsRegistry* const registry_;
  const SystemClock clock_;
  SystemRandom random_;
  Breaker breaker_;
  mutable std::mutex mutex_;
  std::deque<SlowStatement> slow_;  // newest first
  std::uint64_t slow_count_ = 0;
};

}  // namespace vedette::db
