// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "services/monitor/peers.h"

namespace vedette::monitor {

// The dictionaries of the studies that data come for. Thread-safe.
//
// One is read again when it is `refresh_interval` old, by the first who then needs it while the
// others go on with what is there; if trial is away, all go on with it. So an outage of trial stops
// only studies not seen before (kUnavailable).
class DictionaryCache {
 public:
  struct Options {
    std::chrono::milliseconds refresh_interval = std::chrono::seconds(30);
    // Between two readings because something was not found.
    std::chrono::milliseconds miss_interval = std::chrono::seconds(1);
  };

  DictionaryCache(Peers& peers, const Clock& clock, Logger logger, Options options)
      : peers_(peers), clock_(clock), logger_(std::move(logger)), options_(options) {}

  Task<Result<std::shared_ptr<const StudyDictionary>>> Get(CallContext context,
                                                           std::string study_id);

  // For one who missed an item: reads again unless that was done within `miss_interval`.
  Task<Result<std::shared_ptr<const StudyDictionary>>> GetNewer(CallContext context,
                                                                std::string study_id);

 private:
  struct Entry {
    std::shared_ptr<const StudyDictionary> dictionary;
    SteadyTime read_at{};  // or tried
  };

  Task<Result<std::shared_ptr<const StudyDictionary>>> GetWithin(CallContext context,
                                                                 std::string study_id,
                                                                 std::chrono::milliseconds age);

  Peers& peers_;
  const Clock& clock_;
  Logger logger_;
  Options options_;
  std::mutex mutex_;
  StringMap<Entry> entries_;
};

}  // namespace vedette::monitor
