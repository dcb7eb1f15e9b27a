// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/call_context.h"
#include "kit/telemetry/metrics.h"
#include "services/monitor/alert_feed.h"
#include "services/monitor/bounded_cache.h"
#include "services/monitor/dictionary_cache.h"
#include "services/monitor/log_writer.h"
#include "services/monitor/peers.h"

namespace vedette::monitor {

// The one way of observations into the log: checks a batch, has it written, tells the feed.
// Thread-safe.
class Recorder {
 public:
  struct Dependencies {
    DictionaryCache& dictionaries;
    Peers& peers;
    LogWriter& writer;
    AlertFeed& feed;
    const Authorizer& authorizer;
    const Clock& clock;
    MetricsRegistry& metrics;
  };

  Recorder(Dependencies dependencies, std::size_t subjects_kept);

  // All of the batch or nothing. kInvalidArgument and kConflict name every row concerned;
  // kPermissionDenied names a site on which the caller may not record.
  Task<Result<RecordOutcome>> Record(CallContext context,
                                     std::string study_id,
                                     std::string source,
                                     std::vector<GivenObservation> given,
                                     bool dry_run);

 private:
  Task<Result<RecordOutcome>> Write(CallContext context,
                                    std::string study_id,
                                    std::string source,
                                    std::vector<GivenObservation> given,
                                    bool dry_run);
  // Those that are known of the batch's subjects, by number.
  Task<Result<StringMap<SubjectRef>>> Subjects(CallContext context,
                                               std::string study_id,
                                               std::vector<std::string> numbers);
  void Count(const RecordOutcome& outcome);
  void CountRefusal(Code code, std::size_t rows);

  Dependencies dependencies_;
  BoundedCache<SubjectRef> subjects_;
  Counter& recorded_;
  Counter& duplicates_;
  std::array<Counter*, 4> alerts_{};  // by severity
  Histogram& seconds_;
};

}  // namespace vedette::monitor
