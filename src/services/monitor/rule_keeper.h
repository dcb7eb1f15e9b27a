// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"
#include "services/monitor/alert_feed.h"
#include "services/monitor/log_writer.h"
#include "services/monitor/peers.h"
#include "services/monitor/rule_book.h"
#include "services/monitor/rule_source.h"
#include "services/monitor/rule_store.h"

namespace vedette::monitor {

// Keeps RuleBook true to what rule says, and sees that no event escapes a rule because the news of
// its activation travelled slower than the event.
//
// A version is first kept durably as not covered, then put into the book, so that all transactions
// begun from then on judge by it; then the log is gone back through, as far as the version's first
// moment, by the log's only writer, which marks the version as covered with the last step. A stop
// anywhere in between repeats steps whose alerts are there already.
//
// Rules are compiled with the study's catalog of now and kept with it. When the catalog changes
// they are compiled again; one that no longer compiles stays at work with the catalog it had.
class RuleKeeper {
 public:
  struct Dependencies {
    Peers& peers;
    RuleStore& store;
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
  // The catalog of the study, read again when it is older than `age`.
  Task<Result<CatalogSnapshot>> Catalog(std::string study_id, std::chrono::nanoseconds age);
  // Compiles the study's rules with the catalog of now, where that has changed.
  Task<Status> Refresh(std::string study_id);
  Task<Status> CatchUp(std::string version_id);
  CallContext Context() const;
  void ShowLag();

  Dependencies dependencies_;
  Options options_;
  Gauge& behind_;
  Gauge& outdated_;
  struct Read {
    CatalogSnapshot catalog;
    SteadyTime at{};
  };
  // Of Load, then of Keep alone.
  std::map<std::string, Read> catalogs_;
  std::set<std::pair<std::string, std::int64_t>> warned_;  // version and catalog
  std::map<std::string, std::int64_t> outdated_by_study_;

  mutable std::mutex mutex_;
  bool closed_ = false;
  Signal changed_;
  Signal closing_;
  std::map<std::string, RuleUpdate, std::less<>> told_;  // by version
};

}  // namespace vedette::monitor
