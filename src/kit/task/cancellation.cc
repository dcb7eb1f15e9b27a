// SPDX-License-Identifier: Apache-2.0
#include "kit/task/cancellation.h"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <utility>

#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"

namespace vedette {

bool IsCancellation(const std::exception_ptr& error) {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

Task<bool> RunUntil(std::chrono::steady_clock::time_point time,
                    std::move_only_function<Task<void>()> work) {
  auto error = std::make_shared<std::exception_ptr>();
  const Signal ended;
  Canceller canceller;
  Spawn(
      co_await CurrentExecutor(), std::move(work),
      [error, ended](std::exception_ptr ended_by) {
        *error = std::move(ended_by);
        ended.Set();
      },
      canceller);
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  bool in_time = co_await ended.WaitUntil(time);
  if (!in_time) {
    canceller.Cancel();
    co_await ended.WaitRegardless([] {});
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (*error && (in_time || !IsCancellation(*error))) std::rethrow_exception(*error);
  co_return in_time;
}

}  // namespace vedette
