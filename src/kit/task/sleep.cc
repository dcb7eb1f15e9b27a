// SPDX-License-Identifier: Apache-2.0
#include "kit/task/sleep.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace vedette {

Task<void> SleepUntil(std::chrono::steady_clock::time_point time) {
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable_t<Executor>{});
}

Task<void> SleepFor(std::chrono::nanoseconds duration) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point now = Clock::now();
  const bool endless = duration >= Clock::time_point::max() - now;
  co_await SleepUntil(endless ? Clock::time_point::max()
                              : now + std::chrono::duration_cast<Clock::duration>(duration));
}

Task<void> Yield() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable_t<Executor>{});
}

Task<Executor> CurrentExecutor() { co_return co_await asio::this_coro::executor; }

Task<void> RealSleeper::Sleep(std::chrono::nanoseconds duration) { co_await SleepFor(duration); }

}  // namespace vedette
