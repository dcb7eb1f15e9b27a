// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/db/database.h"
#include "kit/queue/job.h"

namespace vedette::queue {

// What a runner does to vedette_job. Each is one statement; the claim is the condition, so what a
// late runner writes changes nothing. `false`: the claim was no longer there.

struct Claimed {
  Job job;
  bool cancel_requested = false;
};

struct ClaimRequest {
  std::vector<std::string> kinds;
  std::int64_t limit = 0;
  std::int64_t now = 0;
  std::int64_t until = 0;  // of the claim
  Uuid claim;
};

// The due jobs of these kinds, highest priority first, and first due among equals; those whose
// claim ran out among them. The attempt counts from here.
Task<Result<std::vector<Claimed>>> Claim(db::Database& database,
                                         ClaimRequest request,
                                         Deadline deadline);

enum class ClaimState : std::uint8_t { kHeld, kCancelRequested, kLost };
Task<Result<ClaimState>> Extend(
    db::Database& database, Uuid id, Uuid claim, Timestamp until, Deadline deadline);

// Deletes it.
Task<Result<bool>> End(db::Database& database, Uuid id, Uuid claim, Deadline deadline);
Task<Result<bool>> Retry(
    db::Database& database, Uuid id, Uuid claim, Timestamp at, Code error, Deadline deadline);
Task<Result<bool>> GiveUp(
    db::Database& database, Uuid id, Uuid claim, Timestamp now, Code error, Deadline deadline);
// Hands it back as if this attempt had not been.
Task<Result<bool>> Release(
    db::Database& database, Uuid id, Uuid claim, Timestamp now, Deadline deadline);

// The same for all jobs of a claim; how many there were.
Task<Result<std::int64_t>> ReleaseClaim(db::Database& database,
                                        Uuid claim,
                                        Timestamp now,
                                        Deadline deadline);

Task<Result<bool>> Exists(db::Database& database, Uuid id, Deadline deadline);

inline constexpr std::int64_t kMostCounted = 10'000;  // jobs of a state

struct JobCounts {
  std::int64_t waiting = 0;
  std::int64_t running = 0;
  std::int64_t dead = 0;
  std::int64_t oldest_due = 0;   // 0: none waits
  std::int64_t oldest_dead = 0;  // when it was given up; 0: none was
};
Task<Result<JobCounts>> Count(db::Database& database, Deadline deadline);

// Deletes jobs given up before `oldest`, and all but the newest `most`; at most 1000 of each. How
// many there were.
Task<Result<std::int64_t>> DropDeadJobs(db::Database& database,
                                        Timestamp oldest,
                                        std::int64_t most,
                                        Deadline deadline);

inline db::Value IdValue(const Uuid& id) { return Bytes{std::string(id.AsBytes())}; }

}  // namespace vedette::queue
