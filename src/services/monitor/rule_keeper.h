// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"
#include "services/monitor/alert_feed.h"
#include "services/monitor/dictionary_cache.h"
#include "services/monitor/log_writer.h"
#include "services/monitor/peers.h"
#include "services/monitor/rule_book.h"
#include "services/monitor/store.h"

namespace vedette::monitor {

// Keeps RuleBook true to what rule says, and sees that no event escapes a rule because the news of
// its activation travelled slower than the event.
//
// A version is first kept durably as not covered, then put into the book, so that all transactions
// begun from then on judge by it; then the log is gone back through, as far as the version's first
// moment, by the log's only writer, which marks the version as covered with the last step. A stop
// anywhere in between repeats steps whose alerts are there already. News of a retirement that comes
// late leaves alerts that were raised meanwhile: an alert is never taken back in silence.
class RuleKeeper {
 public:
  struct Dependencies {
    Peers& peers;
    DictionaryCache& dictionaries;
    MonitorStore& store;
    LogWriter& writer;
    RuleBook& book;
    AlertFeed& feed;
    const Clock& clock;
    MetricsRegistry& metrics;
    Logger logger;
  };
  struct Options {
    std::chrono::milliseconds first_retry = std::chrono::milliseconds(100);
    std::chrono::milliseconds last_retry = std::chrono::seconds(5);
  };

  RuleKeeper(Dependencies dependencies, Options options);

  // Fills the book with what was kept. Before anything is recorded.
  Task<Status> Load();
  // Both until cancelled or closed: hears of changes; brings them into the book.
  Task<void> Follow();
  Task<void> Keep();
  void Close();

 private:
  bool Take(std::vector<RuleUpdate> updates);
  bool closed() const;
  // The updates that the book does not hold yet.
  std::vector<RuleUpdate> News() const;
  Task<Status> Adopt(RuleUpdate update);
  Task<Status> CatchUp(std::string version_id);
  CallContext Context() const;
  void ShowLag();

  Dependencies dependencies_;
  Options options_;
  Gauge& behind_;

  mutable std::mutex mutex_;
  bool closed_ = false;
  Signal changed_;
  Signal closing_;
  std::map<std::string, RuleUpdate, std::less<>> told_;  // by version
};

}  // namespace vedette::monitor
