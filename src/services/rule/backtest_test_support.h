// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/random.h"
#include "kit/queue/job_queue.h"
#include "kit/queue/job_runner.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/tracer.h"
#include "services/rule/backtest_store.h"
#include "services/rule/backtest_worker.h"
#include "services/rule/backtests.h"
#include "services/rule/catalog_source.h"
#include "services/rule/history_source.h"
#include "services/rule/store.h"

namespace vedette::rule {

// A study with a blood pressure and the arm, which tells the treatment.
class FixedCatalog final : public CatalogSource {
 public:
  FixedCatalog() { Set(false); }

  // Whether the pressure tells the treatment, too.
  void Set(bool pressure_unblinding) {
    auto catalog = std::make_shared<rules::Catalog>();
    catalog->study_id = "S1";
    catalog->items = {
        {.code = "SYSBP", .name = "vs.SYSBP", .unit = "mmHg", .unblinding = pressure_unblinding},
        {.code = "ARM",
         .name = "arm",
         .role = rules::CatalogItem::Role::kAttribute,
         .kind = rules::ValueKind::kText,
         .unblinding = true}};
    catalog->Finish();
    const std::scoped_lock lock(mutex_);
    catalog_ = std::move(catalog);
  }
  std::shared_ptr<const rules::Catalog> catalog() const {
    const std::scoped_lock lock(mutex_);
    return catalog_;
  }
  Task<Result<std::shared_ptr<const rules::Catalog>>> Load(CallContext, std::string) override {
    co_return catalog();
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const rules::Catalog> catalog_;
};

// Three subjects at two sites, with one reading each: 130, 150 and 170 mmHg.
class FixedHistory final : public HistorySource {
 public:
  Task<Result<std::shared_ptr<const rules::History>>> Load(CallContext, Request request) override {
    ++readings;
    while (blocked) {
      if (!request.progress(0.5)) co_return Fail(Code::kCancelled, "cancelled");
      co_await SleepFor(std::chrono::milliseconds(1));
    }
    // As a stream of which nothing more comes.
    while (silent) co_await SleepFor(std::chrono::milliseconds(1));
    if (broken) co_return Fail(Code::kUnavailable, "The log cannot be read now.");
    if (throws) throw std::runtime_error("no memory");
    auto history = std::make_shared<rules::History>(request.catalog);
    for (int i = 0; i < 3; ++i) {
      const auto subject = history->Subject("70" + std::to_string(i), i == 0 ? "A" : "B");
      history->Add(subject, {.item = 0, .key = 1, .time = 1'000 * i, .number = 130.0 + 20 * i});
    }
    history->Finish();
    co_return history;
  }

  std::atomic<int> readings = 0;
  std::atomic<bool> blocked = false;
  std::atomic<bool> silent = false;
  std::atomic<bool> broken = false;
  std::atomic<bool> throws = false;
};

// What a process of the service has for its back-tests: one runs at a time.
struct BacktestProcess {
  BacktestProcess(db::Database& database,
                  CatalogSource& catalogs,
                  HistorySource& history,
                  const Clock& clock,
                  Runtime& its_runtime,
                  std::int64_t most_unfinished = 1)
      : runtime(its_runtime),
        rules(database),
        store(database),
        jobs(database, clock),
        backtests({.store = store, .queue = jobs, .clock = clock}, most_unfinished),
        worker({.rules = rules,
                .store = store,
                .catalogs = catalogs,
                .history = history,
                .queue = jobs,
                .clock = clock,
                .logger = Logger()},
               {.at_once = 1, .show_interval = std::chrono::milliseconds(5)}),
        runner("rule",
               {.concurrency = 1, .poll = std::chrono::milliseconds(10)},
               {.queue = jobs,
                .runtime = its_runtime,
                .random = random,
                .tracer = tracer,
                .metrics = metrics,
                .logger = Logger()}) {
    runner.Handle(
        std::string(kBacktestJob), [this](queue::Job job) { return worker.Do(std::move(job)); },
        worker.KindOptions());
    runner.Start();
  }
  ~BacktestProcess() { Stop(); }
  BacktestProcess(const BacktestProcess&) = delete;
  BacktestProcess& operator=(const BacktestProcess&) = delete;

  void Stop() {
    runtime.RunBlocking([this] { return runner.Stop(std::chrono::milliseconds(0)); });
  }
  std::uint64_t Count(queue::JobOutcome outcome) const {
    return runner.Snapshot().outcomes[static_cast<std::size_t>(outcome)];
  }

  Runtime& runtime;
  SeededRandom random{7};
  NullTracer tracer;
  MetricsRegistry metrics;
  RuleStore rules;
  BacktestStore store;
  queue::JobQueue jobs;
  Backtests backtests;
  BacktestWorker worker;
  queue::JobRunner runner;
};

}  // namespace vedette::rule
