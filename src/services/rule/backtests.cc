// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtests.h"

#include <chrono>
#include <exception>
#include <set>
#include <utility>

#include "rules/backtest/backtest.h"
#include "services/rule/backtest_report.h"
#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

constexpr std::chrono::minutes kLongestReading(30);
constexpr std::chrono::seconds kStoreTimeout(30);
// Reading takes about as long as computing; the progress bar is of both.
constexpr double kReadingShare = 0.5;

std::vector<std::string> ItemsOf(const BacktestPlan& plan) {
  std::set<std::uint32_t> items;
  const auto add = [&](const rules::Rule& rule) {
    items.insert(rule.facts().items.begin(), rule.facts().items.end());
    items.insert(rule.anchors().begin(), rule.anchors().end());
    for (const std::string& form : rule.facts().forms) {
      for (std::uint32_t i = 0; i < plan.catalog->items.size(); ++i) {
        if (plan.catalog->items[i].form == form) items.insert(i);
      }
    }
  };
  add(*plan.rule);
  if (plan.earlier) add(*plan.earlier);
  for (const auto& rule : plan.active) add(*rule);
  // Baselines, visits and days on study stand on these.
  for (std::uint32_t i = 0; i < plan.catalog->items.size(); ++i) {
    const rules::CatalogItem& item = plan.catalog->items[i];
    if (item.role == rules::CatalogItem::Role::kAttribute) items.insert(i);
  }
  for (const rules::CatalogVisit& visit : plan.catalog->visits) {
    if (const auto* item = plan.catalog->FindByCode(visit.item)) {
      items.insert(plan.catalog->IndexOf(*item));
    }
  }
  std::vector<std::string> codes;
  codes.reserve(items.size());
  for (const std::uint32_t item : items) codes.push_back(plan.catalog->items[item].code);
  return codes;
}

}  // namespace

Backtests::Backtests(Dependencies dependencies, std::size_t at_once)
    : dependencies_(std::move(dependencies)),
      at_once_(at_once),
      pool_("backtest", at_once, at_once),
      tasks_(dependencies_.logger) {}

Backtests::~Backtests() = default;

Task<Status> Backtests::Recover() {
  co_return co_await dependencies_.store.FailUnfinished(
      Deadline::After(dependencies_.clock, kStoreTimeout), dependencies_.clock.Now(),
      "The service stopped before it was finished.");
}

Task<Result<Backtest>> Backtests::Start(Deadline deadline, BacktestPlan plan) {
  auto running = std::make_shared<Running>();
  {
    const std::scoped_lock lock(mutex_);
    if (running_.size() >= at_once_) {
      co_return Fail(Error{Code::kResourceExhausted,
                           "As many back-tests run as may run at once.",
                           {},
                           std::chrono::seconds(5)});
    }
    running_.emplace(plan.backtest.id, running);
  }
  Backtest started = plan.backtest;
  const Status added = co_await dependencies_.store.Add(deadline, started);
  const bool spawned = added && tasks_.Spawn(dependencies_.runtime.Next(), "backtest",
                                             [this, plan = std::move(plan), running]() mutable {
                                               return Run(std::move(plan), running);
                                             });
  if (!spawned) {
    const std::scoped_lock lock(mutex_);
    running_.erase(started.id);
    if (!added) co_return std::unexpected(added.error());
    co_return Fail(Code::kUnavailable, "The rule service is stopping.");
  }
  co_return started;
}

Task<Result<BacktestReport>> Backtests::Report(const BacktestPlan& plan,
                                               std::shared_ptr<Running> running) {
  try {
    co_return co_await Compute(plan, std::move(running));
  } catch (const std::exception&) {
    // What it says may hold values.
    co_return Fail(Code::kInternal, "The back-test could not be computed.");
  }
}

Task<void> Backtests::Run(BacktestPlan plan, std::shared_ptr<Running> running) {
  auto report = co_await Report(plan, running);
  Backtest& backtest = plan.backtest;
  backtest.ended_at = dependencies_.clock.Now();
  if (report) {
    backtest.status = BacktestStatus::kDone;
    backtest.report = *std::move(report);
  } else if (running->cancelled || report.error().code == Code::kCancelled) {
    backtest.status = BacktestStatus::kCancelled;
  } else {
    backtest.status = BacktestStatus::kFailed;
    backtest.error = report.error().message;
  }
  Status kept = co_await dependencies_.store.Conclude(
      Deadline::After(dependencies_.clock, kStoreTimeout), backtest);
  if (kept && backtest.status == BacktestStatus::kDone) kept = co_await Attach(backtest);
  if (!kept) {
    dependencies_.logger.Warning("Back-test could not be kept",
                                 {{"study", backtest.study_id}, {"rule", backtest.rule_id}});
  }
  const std::scoped_lock lock(mutex_);
  running_.erase(backtest.id);
}

Task<Result<BacktestReport>> Backtests::Compute(const BacktestPlan& plan,
                                                std::shared_ptr<Running> running) {
  CallContext context;
  context.deadline = Deadline::After(dependencies_.clock, kLongestReading);
  HistorySource::Request request{.study_id = plan.backtest.study_id,
                                 .catalog = plan.catalog,
                                 .items = ItemsOf(plan),
                                 .keep_arrival = plan.backtest.as_known,
                                 .progress = [running](double share) {
                                   running->progress = share * kReadingShare;
                                   return !running->cancelled;
                                 }};
  VEDETTE_CO_TRY(auto history,
                 co_await dependencies_.history.Load(std::move(context), std::move(request)));
  running->computing = true;
  rules::BacktestOptions options{
      .mode = plan.backtest.as_known ? rules::BacktestMode::kAsKnown
                                     : rules::BacktestMode::kAsCorrected,
      .now = std::chrono::floor<std::chrono::seconds>(plan.backtest.started_at)
                 .time_since_epoch()
                 .count(),
      .active = plan.active,
      .progress = [running](double share) {
        running->progress = kReadingShare + share * (1 - kReadingShare);
        return !running->cancelled;
      }};
  // Owns all it reads: where this task is cancelled, the work goes on without it.
  auto report = co_await pool_.Run<Result<BacktestReport>>(
      [history, options = std::move(options), rule = plan.rule,
       earlier = plan.earlier]() -> Result<BacktestReport> {
        const auto result = rules::RunBacktest(rule, *history, options);
        if (result.cancelled) return Fail(Code::kCancelled, "The back-test was cancelled.");
        BacktestReport report = ReportOf(result, *history);
        if (earlier == nullptr) return report;
        rules::BacktestOptions without_overlap = options;
        without_overlap.active.clear();
        const auto before = rules::RunBacktest(earlier, *history, without_overlap);
        if (before.cancelled) return Fail(Code::kCancelled, "The back-test was cancelled.");
        AddComparison(rules::Compare(before, result), *history, earlier->definition().version,
                      &report);
        return report;
      });
  if (!report) co_return std::unexpected(std::move(report).error());
  co_return *std::move(report);
}

Task<Status> Backtests::Attach(const Backtest& backtest) {
  if (backtest.version == 0) co_return Status{};
  VEDETTE_CO_TRY(auto change, co_await dependencies_.rules.BeginChange(
                                  Deadline::After(dependencies_.clock, kStoreTimeout),
                                  backtest.study_id, backtest.rule_id, dependencies_.clock.Now()));
  const RuleVersion* version = Chosen(change.versions(), backtest.version);
  if (version == nullptr || !MayAttach(*version)) co_return Status{};
  VEDETTE_CO_CHECK_OK(co_await change.Attach(version->version_id, backtest.id));
  co_return co_await change.Commit();
}

std::shared_ptr<Backtests::Running> Backtests::Find(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = running_.find(id);
  return found == running_.end() ? nullptr : found->second;
}

Task<Result<Backtest>> Backtests::Get(Deadline deadline, std::string study_id, std::string id) {
  // Before the store is read: one that ends in between is then told as it ended.
  const std::shared_ptr<Running> running = Find(id);
  VEDETTE_CO_TRY(auto backtest, co_await dependencies_.store.Get(deadline, study_id, id));
  if (running != nullptr) {
    // It has ended once it is attached too, and has made room for the next.
    backtest.status = running->computing ? BacktestStatus::kRunning : BacktestStatus::kLoading;
    backtest.progress = running->progress;
    backtest.ended_at = Timestamp{};
    backtest.error.clear();
    backtest.report = {};
  }
  co_return backtest;
}

Task<Result<Backtest>> Backtests::Cancel(Deadline deadline, std::string study_id, std::string id) {
  VEDETTE_CO_TRY(auto backtest, co_await Get(deadline, study_id, id));
  if (const auto running = Find(id)) running->cancelled = true;
  co_return backtest;
}

Task<void> Backtests::Close() {
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, running] : running_) running->cancelled = true;
  }
  co_await tasks_.Join();
}

}  // namespace vedette::rule
