// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/csv/demographics.h"
#include "formats/data_source.h"
#include "kit/task/task.h"

namespace vedette::importing {

struct RecordOutcome {
  std::int64_t recorded = 0;
  std::int64_t duplicates = 0;
  std::int64_t alerts_raised = 0;
};

// Where observations go: monitor.Record of one study. Called by several coroutines of one executor
// at a time.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  // All events or none. They live until the task ends. An error that has violations at
  // "events[3].item" refuses those events; a retryable one (base/code.h) is tried again, the keys
  // make that harmless; any other ends the import. With `dry_run` only checked.
  virtual Task<Result<RecordOutcome>> Record(std::span<const formats::Observation> events,
                                             bool dry_run) = 0;
};

struct RegisterOutcome {
  std::int64_t created = 0;
  std::int64_t existing = 0;
};

// Where subjects and their sites go: the trial and subject services.
class SubjectSink {
 public:
  virtual ~SubjectSink() = default;

  // Adds the sites that are missing and leaves the others as they are.
  virtual Task<Status> AddSites(std::vector<std::string> sites) = 0;

  // All or none; violations are at "subjects[3].siteId".
  virtual Task<Result<RegisterOutcome>> Register(
      std::span<const formats::csv::Registration> subjects) = 0;
};

}  // namespace vedette::importing
