// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_worker.h"

#include <vedette/rule/v1/rule.pb.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <limits>
#include <utility>

#include "kit/rpc/call_context.h"
#include "kit/task/cancellation.h"
#include "kit/task/parallel.h"
#include "services/rule/messages.h"
#include "services/rule/policy.h"

namespace vedette::rule {
namespace {

constexpr std::int64_t kMostAttempts = 3;
constexpr std::chrono::hours kLongestAttempt(6);
// Long enough for a service to be started again between two attempts.
constexpr std::chrono::seconds kShortestPause(10);
constexpr std::chrono::seconds kFirstPause(30);
constexpr std::chrono::seconds kLongestPause(120);
constexpr std::chrono::seconds kReadTimeout(30);
constexpr std::chrono::seconds kEndTimeout(15);
constexpr std::chrono::seconds kShowTimeout(5);

// Thrown by who shows the progress, so that who computes is cancelled.
struct CancelRequested {};

}  // namespace

BacktestWorker::BacktestWorker(Dependencies dependencies, Options options)
    : dependencies_(std::move(dependencies)),
      options_(options),
      computer_(dependencies_.history, static_cast<std::size_t>(options.at_once)) {}

queue::KindOptions BacktestWorker::KindOptions() const {
  // The attempts are counted here, where the back-test can be ended with a reason.
  return {.max_attempts = std::numeric_limits<std::int64_t>::max(),
          .timeout = kLongestAttempt,
          .backoff = {.first = kFirstPause, .longest = kLongestPause},
          .concurrency = options_.at_once};
}

Deadline BacktestWorker::Within(const queue::Job& job, std::chrono::seconds limit) const {
  return job.deadline.Earlier(Deadline::After(steady_, limit));
}

Task<Status> BacktestWorker::Do(queue::Job job) {
  Status done = co_await Step(std::move(job));
  // A row that could not be written is written later: a job given up would leave it under way.
  if (!done && !queue::IsWorthRetrying(done.error().code)) {
    done = Fail(Code::kInternal, std::move(done.error().message));
  }
  co_return done;
}

Task<Status> BacktestWorker::Step(queue::Job job) {
  VEDETTE_CO_TRY(const BacktestDemand demand,
                 co_await dependencies_.store.ShowProgress(Within(job, kReadTimeout), job.key,
                                                           BacktestStatus::kLoading, 0));
  if (demand == BacktestDemand::kOver) co_return Status();
  Result<Backtest> ended = Backtest{.id = job.key, .status = BacktestStatus::kCancelled};
  if (demand == BacktestDemand::kWanted) ended = co_await Try(job);
  if (ended) co_return co_await End(std::move(job), *std::move(ended));

  Error error = std::move(ended).error();
  if (job.attempt >= kMostAttempts || !queue::IsWorthRetrying(error.code)) {
    Backtest failed{
        .id = job.key, .status = BacktestStatus::kFailed, .error = std::move(error.message)};
    co_return co_await End(std::move(job), std::move(failed));
  }
  // It waits; where that cannot be shown now, the next attempt shows it.
  (void)co_await dependencies_.store.ShowProgress(Within(job, kShowTimeout), job.key,
                                                  BacktestStatus::kLoading, 0);
  error.retry_after = std::max<std::chrono::milliseconds>(
      kShortestPause, error.retry_after.value_or(std::chrono::milliseconds(0)));
  co_return std::unexpected(std::move(error));
}

Task<Result<Backtest>> BacktestWorker::Try(queue::Job job) {
  if (job.attempt > kMostAttempts) {
    co_return Fail(Code::kFailedPrecondition,
                   "It was begun three times and came to no end: the process that ran it stopped, "
                   "or it took too long.");
  }
  try {
    co_return co_await Attempt(job);
  } catch (const CancelRequested&) {
    co_return Backtest{.id = job.key, .status = BacktestStatus::kCancelled};
  } catch (...) {
    if (IsCancellation(std::current_exception())) throw;
    // What it says may hold values.
    co_return Fail(Code::kInternal, "The back-test could not be computed.");
  }
}

Task<Result<Backtest>> BacktestWorker::Attempt(queue::Job job) {
  v1::StartBacktestRequest request;
  if (!request.ParseFromString(job.payload)) {
    co_return Fail(Code::kInvalidArgument, "What was ordered cannot be read.");
  }
  CallContext context;
  context.deadline = Within(job, kReadTimeout);
  context.trace = job.deadline.trace;
  const std::string study_id = request.study_id();
  VEDETTE_CO_TRY(Backtest backtest,
                 co_await dependencies_.store.Get(context.deadline, study_id, job.key));
  VEDETTE_CO_TRY(auto catalog, co_await dependencies_.catalogs.Load(context, study_id));
  VEDETTE_CO_TRY(const auto versions,
                 co_await dependencies_.rules.ListStudy(context.deadline, study_id));
  VEDETTE_CO_TRY(BacktestPlan plan,
                 PlanBacktest(OrderOf(std::move(request)), std::move(catalog), versions));
  // The study may have learned since that an item tells the treatment.
  backtest.unblinding = backtest.unblinding || plan.unblinding;

  const auto attempt = std::make_shared<BacktestAttempt>();
  auto [report, shown] =
      co_await WhenAll(computer_.Run(std::move(plan), backtest, job.deadline, attempt),
                       ShowProgress(job.key, attempt));
  if (!report) co_return std::unexpected(std::move(report).error());
  backtest.status = BacktestStatus::kDone;
  backtest.report = *std::move(report);
  co_return backtest;
}

Task<Status> BacktestWorker::ShowProgress(std::string id,
                                          std::shared_ptr<BacktestAttempt> attempt) {
  while (!co_await attempt->ended.WaitUntil(steady_.SteadyNow() + options_.show_interval)) {
    const auto demand = co_await dependencies_.store.ShowProgress(
        Deadline::After(steady_, kShowTimeout), id, attempt->status, attempt->progress);
    if (demand && *demand != BacktestDemand::kWanted) throw CancelRequested{};
  }
  co_return Status();
}

Task<Status> BacktestWorker::End(queue::Job job, Backtest backtest) {
  // What took long to find out is not lost to a stop that comes now; the claim still counts.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  backtest.ended_at = dependencies_.clock.Now();
  const Deadline deadline = Within(job, kEndTimeout);
  bool ended = false;
  if (backtest.status == BacktestStatus::kDone && backtest.version != 0) {
    VEDETTE_CO_TRY(auto change,
                   co_await dependencies_.rules.BeginChange(deadline, backtest.study_id,
                                                            backtest.rule_id, backtest.ended_at));
    VEDETTE_CO_TRY(ended, co_await dependencies_.store.Conclude(change.transaction(), backtest));
    const RuleVersion* version = Chosen(change.versions(), backtest.version);
    if (ended && version != nullptr && MayAttach(*version)) {
      VEDETTE_CO_CHECK_OK(co_await change.Attach(version->version_id, backtest.id));
    }
    VEDETTE_CO_CHECK_OK(co_await dependencies_.queue.Finish(change.transaction(), job));
    VEDETTE_CO_CHECK_OK(co_await change.Commit());
  } else {
    VEDETTE_CO_TRY(const auto transaction,
                   co_await dependencies_.queue.database().BeginWrite(deadline));
    VEDETTE_CO_TRY(ended, co_await dependencies_.store.Conclude(*transaction, backtest));
    VEDETTE_CO_CHECK_OK(co_await dependencies_.queue.Finish(*transaction, job));
    VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  }
  if (!ended) co_return Status();
  dependencies_.logger.Info("Back-test ended",
                            {{"backtest", backtest.id},
                             {"status", std::string(BacktestStatusText(backtest.status))},
                             {"attempt", job.attempt}});
  co_return Status();
}

}  // namespace vedette::rule
