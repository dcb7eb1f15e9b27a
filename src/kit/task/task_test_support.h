// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/task.h"

namespace vedette {

inline Task<int> Throw() {
  throw std::runtime_error("broken");
  co_return 0;
}

// Waits for ever; tells whether it was cancelled.
inline Task<int> WaitForEver(std::atomic<bool>* started, std::atomic<bool>* cancelled) {
  const Signal never;
  *started = true;
  *cancelled = !co_await never.Wait();
  co_return 0;
}

inline Task<bool> WaitFor(Signal signal) { co_return co_await signal.Wait(); }

inline Task<bool> WaitUntil(Signal signal, std::chrono::steady_clock::time_point time) {
  co_return co_await signal.WaitUntil(time);
}

inline Task<void> CountSet(Signal signal, Signal started, std::atomic<int>* resumed) {
  started.Set();
  if (co_await signal.Wait()) ++*resumed;
}

// Ends when released, cancelled or not.
inline Task<std::string> Stubborn(Signal started, Signal release, std::atomic<int>* ended) {
  co_await asio::this_coro::throw_if_cancelled(false);
  started.Set();
  while (!co_await release.Wait()) {
  }
  ++*ended;
  co_return std::string(100, 'x');
}

inline Task<void> Increment(std::atomic<int>* count) {
  co_await Yield();
  ++*count;
}

}  // namespace vedette
