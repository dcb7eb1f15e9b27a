// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/code.h"
#include "base/uuid.h"
#include "kit/task/deadline.h"
#include "kit/telemetry/trace_context.h"

namespace vedette::queue {

// 1 … 100 letters, digits and _ . - : it stands in lists of kinds and in metrics.
bool IsJobKind(std::string_view kind);

// Work to be done later, at least once.
struct JobRequest {
  std::string kind;     // names the handler: IsJobKind; from a closed set, since metrics carry it
  std::string key;      // of this kind only one job at a time waits or runs; empty: any number
  std::string payload;  // bytes, for the handler alone: never logged
  std::int64_t priority = 0;                 // higher first
  std::optional<Timestamp> not_before = {};  // absent: at once
  std::optional<Timestamp> deadline = {};    // not begun any more after it
  TraceContext trace = {};                   // of who asked for it
};

struct Enqueued {
  Uuid id;
  bool fresh = true;  // false: a job of this kind and key is there already; `id` is that one's
};

// A job that a runner has claimed, as its handler sees it.
struct Job {
  Uuid id;
  std::string kind;
  std::string key;
  std::string payload;
  std::int64_t priority = 0;
  std::int64_t attempt = 1;  // this one, from 1
  Timestamp created_at;
  std::optional<Timestamp> expires_at = {};
  TraceContext trace = {};  // of who asked for it
  Uuid claim;               // changes with each claim: what a late runner lacks
  Deadline deadline = {};   // of this attempt, with the span it runs under
};

enum class JobState : std::uint8_t { kWaiting = 0, kRunning = 1, kDead = 2 };

// A job that was given up.
struct DeadJob {
  Uuid id;
  std::string kind;
  std::string key;
  std::int64_t attempts = 0;
  Code error = Code::kInternal;
  Timestamp created_at;
  Timestamp died_at;
};

// How a claim ended.
enum class JobOutcome : std::uint8_t {
  kDone,
  kRetried,    // failed, and waits for its next attempt
  kDead,       // failed for good
  kCancelled,  // by Cancel
  kReleased,   // handed back at stop
  kLost,       // the claim ran out, so that somebody else has it
};
inline constexpr std::size_t kJobOutcomeCount = 6;
std::string_view Name(JobOutcome outcome);

}  // namespace vedette::queue
