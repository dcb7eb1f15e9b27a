// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/module.h"

#include <vedette/monitor/v1/monitor.vedette.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "kit/db/migrate.h"
#include "kit/task/task_group.h"
#include "services/monitor/alert_feed.h"
#include "services/monitor/alerts.h"
#include "services/monitor/api.h"
#include "services/monitor/desk.h"
#include "services/monitor/dictionary_cache.h"
#include "services/monitor/engine_ticker.h"
#include "services/monitor/log_writer.h"
#include "services/monitor/peers.h"
#include "services/monitor/publishing.h"
#include "services/monitor/recorder.h"
#include "services/monitor/rule_book.h"
#include "services/monitor/rule_keeper.h"
#include "services/monitor/rule_store.h"
#include "services/monitor/store.h"

namespace vedette::monitor {
namespace {

// Longer than a transaction of the writer that is taken over, even of one that was cut off and that
// the database ends.
constexpr std::chrono::seconds kTakeOverTimeout(45);

}  // namespace

void MonitorConfig::Describe(config::Section& section) {
  section.Field("queue_rows", queue_rows,
                {.text = "Events that may wait to be written; more are refused.",
                 .minimum = 1,
                 .maximum = 1e6});
  section.Field("group_rows", group_rows,
                {.text = "Events that share one transaction.", .minimum = 1, .maximum = 1e5});
  section.Field("catch_up_rows", catch_up_rows,
                {.text = "Log rows that a new rule looks back at in one transaction.",
                 .minimum = 1,
                 .maximum = 1e6});
  section.Field(
      "subjects_kept", subjects_kept,
      {.text = "Subjects whose id and site are remembered.", .minimum = 2, .maximum = 1e7});
  section.Field(
      "live_alerts_kept", live_alerts_kept,
      {.text = "Alerts that the live feed holds in memory.", .minimum = 1, .maximum = 1e6});
  section.Field("dictionary_refresh", dictionary_refresh,
                {.text = "Age at which a study's dictionary is read again.",
                 .minimum = 100,
                 .maximum = 3'600'000});
  section.Field("engine_subjects", engine_subjects,
                {.text = "Subjects of a study that the rule engine keeps in memory.",
                 .minimum = 1,
                 .maximum = 1e8});
  section.Field("timer_interval", timer_interval,
                {.text = "How often the rule engine looks whether a timer is due.",
                 .minimum = 1,
                 .maximum = 60'000});
  section.Field(
      "rules_retry", rules_retry,
      {.text = "First wait before rules are asked for again.", .minimum = 1, .maximum = 60'000});
  section.Nested("outbox", outbox, "How alerts are told to other parts.");
}

struct MonitorModule::Parts {
  Parts(MonitorDependencies dependencies, MonitorConfig config)
      : database(dependencies.database),
        clock(dependencies.clock),
        logger(dependencies.logger),
        background(dependencies.runtime.Next()),
        peers(dependencies.trial, dependencies.subject, dependencies.rule, dependencies.identity),
        dictionaries(peers,
                     dependencies.clock,
                     dependencies.logger,
                     {.refresh_interval = config.dictionary_refresh}),
        store(dependencies.database),
        rules(dependencies.database),
        publishing({.database = dependencies.database,
                    .runtime = dependencies.runtime,
                    .clock = dependencies.clock,
                    .metrics = dependencies.metrics,
                    .logger = dependencies.logger,
                    .tracer = dependencies.tracer},
                   config.outbox),
        writer({.database = dependencies.database,
                .rules = book,
                .outbox = publishing.outbox(),
                .clock = dependencies.clock,
                .metrics = dependencies.metrics,
                .logger = dependencies.logger,
                .executor = dependencies.runtime.Next(),
                .tracer = dependencies.tracer},
               {.queue_limit = config.queue_rows,
                .group_limit = config.group_rows,
                .catch_up_rows = config.catch_up_rows,
                .engine_subjects = config.engine_subjects}),
        feed(store,
             dependencies.clock,
             dependencies.metrics,
             dependencies.logger,
             {.kept = static_cast<std::size_t>(config.live_alerts_kept)}),
        keeper({.peers = peers,
                .store = rules,
                .writer = writer,
                .book = book,
                .feed = feed,
                .clock = dependencies.clock,
                .metrics = dependencies.metrics,
                .logger = dependencies.logger},
               {.first_retry = config.rules_retry}),
        ticker({.writer = writer,
                .feed = feed,
                .clock = dependencies.clock,
                .logger = dependencies.logger},
               config.timer_interval),
        recorder({.dictionaries = dictionaries,
                  .peers = peers,
                  .writer = writer,
                  .feed = feed,
                  .authorizer = dependencies.authorizer,
                  .clock = dependencies.clock,
                  .metrics = dependencies.metrics},
                 static_cast<std::size_t>(config.subjects_kept)),
        reader({.store = store,
                .feed = feed,
                .peers = peers,
                .dictionaries = dictionaries,
                .rules = book,
                .authorizer = dependencies.authorizer,
                .clock = dependencies.clock}),
        desk({.store = store,
              .reader = reader,
              .writer = writer,
              .feed = feed,
              .peers = peers,
              .rules = book,
              .authorizer = dependencies.authorizer,
              .clock = dependencies.clock}),
        api(MakeMonitorApi({.recorder = recorder,
                            .reader = reader,
                            .desk = desk,
                            .database = dependencies.database,
                            .clock = dependencies.clock})),
        tasks(dependencies.logger) {}

  db::Database& database;
  const Clock& clock;
  Logger logger;
  Executor background;
  Peers peers;
  DictionaryCache dictionaries;
  MonitorStore store;
  RuleStore rules;
  RuleBook book;
  Publishing publishing;
  LogWriter writer;
  AlertFeed feed;
  RuleKeeper keeper;
  EngineTicker ticker;
  Recorder recorder;
  AlertReader reader;
  AlertDesk desk;
  std::unique_ptr<v1::MonitorApi> api;
  std::atomic<bool> started = false;
  bool stopped = false;
  TaskGroup tasks;
};

MonitorModule::MonitorModule(MonitorDependencies dependencies, MonitorConfig config)
    : parts_(std::make_unique<Parts>(std::move(dependencies), config)) {}

MonitorModule::~MonitorModule() = default;

v1::MonitorApi& MonitorModule::api() { return *parts_->api; }

queue::InProcessBus& MonitorModule::bus() { return parts_->publishing.bus(); }

queue::OutboxRelay::State MonitorModule::OutboxState() const {
  return parts_->publishing.Snapshot();
}

Task<Status> MonitorModule::Start() {
  Parts& parts = *parts_;
  VEDETTE_CO_CHECK_OK(co_await db::Migrate(parts.database, Migrations(), parts.logger));
  VEDETTE_CO_CHECK_OK(
      co_await parts.writer.TakeOver(Deadline::After(parts.clock, kTakeOverTimeout)));
  // Rules first: what is recorded from here on is judged by those that were known before.
  VEDETTE_CO_CHECK_OK(co_await parts.keeper.Load());
  parts.tasks.Spawn(parts.background, "monitor_feed", [&parts] { return parts.feed.Run(); });
  parts.tasks.Spawn(parts.background, "monitor_rules", [&parts] { return parts.keeper.Keep(); });
  parts.tasks.Spawn(parts.background, "monitor_engine", [&parts] { return parts.ticker.Run(); });
  parts.tasks.Spawn(parts.background, "monitor_follow", [&parts] { return parts.keeper.Follow(); });
  parts.publishing.Start();
  parts.started = true;
  co_return Status{};
}

Task<void> MonitorModule::Stop() {
  Parts& parts = *parts_;
  if (std::exchange(parts.stopped, true)) co_return;
  parts.started = false;
  parts.feed.Close();
  parts.keeper.Close();
  parts.ticker.Close();
  parts.tasks.Cancel();
  co_await parts.tasks.Join();
  co_await parts.writer.Close();
  co_await parts.publishing.Stop();
}

Status MonitorModule::Ready() const {
  if (!parts_->started) return Fail(Code::kUnavailable, "monitor has not loaded its rules");
  if (parts_->writer.displaced()) {
    return Fail(Code::kUnavailable, "another monitor has taken over the database");
  }
  return {};
}

}  // namespace vedette::monitor
