// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtests.h"

#include <chrono>
#include <utility>

#include "services/rule/messages.h"

namespace vedette::rule {
namespace {

constexpr std::chrono::seconds kStoreTimeout(30);

}  // namespace

Backtests::Backtests(Dependencies dependencies, std::int64_t most_unfinished)
    : dependencies_(dependencies), most_unfinished_(most_unfinished) {}

Task<Status> Backtests::Recover() {
  VEDETTE_CO_CHECK_OK(co_await dependencies_.store.FailAbandoned(
      Deadline::After(SystemClock(), kStoreTimeout), dependencies_.clock.Now(),
      "The service stopped before it was finished."));
  co_return Status();
}

Task<Result<Backtest>> Backtests::Start(Deadline deadline, Backtest backtest, BacktestOrder order) {
  queue::JobRequest job{.kind = std::string(kBacktestJob),
                        .key = backtest.id,
                        .payload = ToProto(backtest.study_id, std::move(order)).SerializeAsString(),
                        .trace = deadline.trace};
  VEDETTE_CO_TRY(const auto transaction,
                 co_await dependencies_.queue.database().BeginWrite(deadline));
  VEDETTE_CO_TRY(const std::int64_t unfinished,
                 co_await dependencies_.store.CountUnfinished(*transaction));
  if (unfinished >= most_unfinished_) {
    co_return Fail(Error{Code::kResourceExhausted,
                         "As many back-tests wait or run as may at once.",
                         {},
                         std::chrono::seconds(5)});
  }
  VEDETTE_CO_CHECK_OK(co_await dependencies_.store.Add(*transaction, backtest));
  VEDETTE_CO_CHECK_OK(co_await dependencies_.queue.Enqueue(*transaction, std::move(job)));
  VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return backtest;
}

Task<Result<Backtest>> Backtests::Get(Deadline deadline, std::string study_id, std::string id) {
  co_return co_await dependencies_.store.Get(deadline, std::move(study_id), std::move(id));
}

Task<Result<Backtest>> Backtests::Cancel(Deadline deadline, std::string study_id, std::string id) {
  {
    VEDETTE_CO_TRY(const auto transaction,
                   co_await dependencies_.queue.database().BeginWrite(deadline));
    VEDETTE_CO_TRY(const bool under_way,
                   co_await dependencies_.store.RequestCancel(*transaction, study_id, id));
    if (under_way) {
      VEDETTE_CO_TRY(const bool waited, co_await dependencies_.queue.Withdraw(
                                            *transaction, std::string(kBacktestJob), id));
      if (waited) {
        VEDETTE_CO_CHECK_OK(co_await dependencies_.store.Conclude(
            *transaction, {.id = id,
                           .status = BacktestStatus::kCancelled,
                           .ended_at = dependencies_.clock.Now()}));
      }
      VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
    }
  }
  co_return co_await Get(deadline, std::move(study_id), std::move(id));
}

}  // namespace vedette::rule
