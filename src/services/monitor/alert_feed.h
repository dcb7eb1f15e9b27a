// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"
#include "services/monitor/store.h"

namespace vedette::monitor {

// Alerts as they are raised and as they change, in order of change_sequence, each change once, none
// left out. Thread-safe.
//
// That order is commit order (LogWriter), so a reader who has seen everything up to a sequence
// never finds a new change before it. One task, Run, reads what was committed and keeps the latest
// in memory. A subscription is a position: it reads on from memory, or from the store when it has
// fallen behind what memory holds; so nothing is queued for it, and a slow subscriber costs nobody
// anything.
class AlertFeed {
 public:
  struct Options {
    std::size_t kept = 4096;  // changes in memory
    // How often to look without having been woken: for writers that died after their commit.
    std::chrono::milliseconds poll_interval = std::chrono::seconds(1);
  };

  AlertFeed(MonitorStore& store,
            const Clock& clock,
            MetricsRegistry& metrics,
            Logger logger,
            Options options);
  AlertFeed(const AlertFeed&) = delete;
  AlertFeed& operator=(const AlertFeed&) = delete;

  // Something was committed.
  void Wake();
  // Until Close or cancelled.
  Task<void> Run();
  // Ends Run and every subscription.
  void Close();

  class Subscription {
   public:
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    // Waits for changes of alerts of the study on these sites and gives them, at most a few hundred
    // at a time. kUnavailable once the feed is closed, kDeadlineExceeded when there were none by
    // `limit`, kCancelled when the waiting task was.
    Task<Result<Alerts>> Next(Deadline limit);

   private:
    friend class AlertFeed;
    Subscription(AlertFeed& feed, std::string study_id, ReaderScope scope, std::int64_t position);

    AlertFeed& feed_;
    const std::string study_id_;
    const ReaderScope scope_;
    std::int64_t position_;  // everything up to here was given or is not ours
    std::uint64_t id_ = 0;
  };

  // From the changes after `after` on; 0, or one that is not reached yet: those from now on.
  Task<Result<std::unique_ptr<Subscription>>> Subscribe(Deadline deadline,
                                                        std::string study_id,
                                                        ReaderScope scope,
                                                        std::int64_t after);

 private:
  Deadline ReadDeadline() const;
  Task<Status> ReadOn();
  bool HasSubscribers() const;

  MonitorStore& store_;
  const Clock& clock_;
  Logger logger_;
  const Options options_;
  Gauge& subscribers_;

  mutable std::mutex mutex_;
  bool closed_ = false;
  Signal wake_;  // of Run
  // The subscribers' signals: set when there is something new.
  std::map<std::uint64_t, Signal> signals_;
  std::uint64_t next_id_ = 0;
  // Memory holds every change with floor_ < change_sequence ≤ top_. Not current while nobody
  // subscribes.
  std::deque<std::shared_ptr<const AlertRecord>> kept_;
  bool current_ = false;
  std::int64_t floor_ = 0;
  std::int64_t top_ = 0;
};

}  // namespace vedette::monitor
