// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_computer.h"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "kit/rpc/call_context.h"
#include "rules/backtest/backtest.h"
#include "services/rule/backtest_report.h"

namespace vedette::rule {
namespace {

constexpr std::chrono::minutes kLongestReading(30);
// Reading takes about as long as computing; the progress bar is of both.
constexpr double kReadingShare = 0.5;

// However the attempt is left, nobody computes or waits for it any longer.
class EndOfAttempt {
 public:
  explicit EndOfAttempt(std::shared_ptr<BacktestAttempt> attempt) : attempt_(std::move(attempt)) {}
  ~EndOfAttempt() {
    attempt_->stop = true;
    attempt_->ended.Set();
  }
  EndOfAttempt(const EndOfAttempt&) = delete;
  EndOfAttempt& operator=(const EndOfAttempt&) = delete;

 private:
  const std::shared_ptr<BacktestAttempt> attempt_;
};

// Told the share done; false once the attempt is to stop.
std::function<bool(double)> Progress(std::shared_ptr<BacktestAttempt> attempt,
                                     double from,
                                     double width) {
  return [attempt = std::move(attempt), from, width](double share) {
    attempt->progress = from + share * width;
    return !attempt->stop;
  };
}

Result<BacktestReport> Answer(const BacktestPlan& plan,
                              const rules::History& history,
                              rules::BacktestOptions options) {
  // The earlier version's run is the second half.
  const auto shown = options.progress;
  if (plan.earlier != nullptr) options.progress = [shown](double part) { return shown(part / 2); };
  const auto result = rules::RunBacktest(plan.rule, history, options);
  if (result.cancelled) return Fail(Code::kCancelled, "The back-test was stopped.");
  BacktestReport report = ReportOf(result, history);
  if (plan.earlier == nullptr) return report;
  options.active.clear();
  options.progress = [shown](double part) { return shown(0.5 + part / 2); };
  const auto before = rules::RunBacktest(plan.earlier, history, options);
  if (before.cancelled) return Fail(Code::kCancelled, "The back-test was stopped.");
  AddComparison(rules::Compare(before, result), history, plan.earlier->definition().version,
                &report);
  return report;
}

}  // namespace

BacktestComputer::BacktestComputer(HistorySource& history, std::size_t at_once)
    : history_(history), pool_("backtest", at_once, at_once) {}

Task<Result<BacktestReport>> BacktestComputer::Run(BacktestPlan plan,
                                                   Backtest backtest,
                                                   Deadline deadline,
                                                   std::shared_ptr<BacktestAttempt> attempt) {
  const EndOfAttempt end(attempt);
  CallContext context;
  context.deadline = deadline.Earlier(Deadline::After(SystemClock(), kLongestReading));
  context.trace = deadline.trace;
  HistorySource::Request request{.study_id = backtest.study_id,
                                 .catalog = plan.catalog,
                                 .items = ItemsOf(plan),
                                 .keep_arrival = backtest.as_known,
                                 .progress = Progress(attempt, 0, kReadingShare)};
  VEDETTE_CO_TRY(auto history, co_await history_.Load(std::move(context), std::move(request)));
  attempt->status = BacktestStatus::kRunning;
  co_return co_await Compute(std::move(plan), std::move(backtest), std::move(history), attempt);
}

Task<Result<BacktestReport>> BacktestComputer::Compute(
    BacktestPlan plan,
    Backtest backtest,
    std::shared_ptr<const rules::History> history,
    std::shared_ptr<BacktestAttempt> attempt) {
  struct Outcome {
    std::optional<Result<BacktestReport>> report;
    std::exception_ptr error;
    Signal ended;
  };
  rules::BacktestOptions options{
      .mode = backtest.as_known ? rules::BacktestMode::kAsKnown : rules::BacktestMode::kAsCorrected,
      .now =
          std::chrono::floor<std::chrono::seconds>(backtest.started_at).time_since_epoch().count(),
      .active = plan.active,
      .progress = Progress(attempt, kReadingShare, 1 - kReadingShare)};
  // From here on cancellation is asked for, not thrown, so that the thread is always waited for.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  const bool cancelled = cancellation.cancelled() != asio::cancellation_type::none;
  const auto outcome = std::make_shared<Outcome>();
  const bool posted = !cancelled && pool_.Post([outcome, plan = std::move(plan), history,
                                                options = std::move(options)] {
    try {
      outcome->report = Answer(plan, *history, options);
    } catch (...) {
      outcome->error = std::current_exception();
    }
    outcome->ended.Set();
  });
  if (posted) co_await outcome->ended.WaitRegardless([attempt] { attempt->stop = true; });
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (cancelled) co_return Fail(Code::kCancelled, "The back-test was stopped.");
  if (!posted) co_return Fail(Code::kResourceExhausted, "As many back-tests run as may run here.");
  if (outcome->error) std::rethrow_exception(outcome->error);
  co_return *std::move(outcome->report);
}

}  // namespace vedette::rule
