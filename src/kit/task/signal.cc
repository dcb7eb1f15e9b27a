// SPDX-License-Identifier: Apache-2.0
#include "kit/task/signal.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace vedette {

// A waiter is resumed once: by whoever takes `resume` out under the mutex.
struct Signal::State {
  std::mutex mutex;
  bool set = false;
  std::optional<Executor> executor;
  std::move_only_function<void(bool)> resume;

  // Takes the waiter, if there is one, and posts its resumption.
  void Resume(bool value) {
    std::move_only_function<void(bool)> taken;
    std::optional<Executor> where;
    {
      const std::lock_guard lock(mutex);
      if (value) set = true;
      taken = std::exchange(resume, nullptr);
      where = executor;
    }
    if (taken) {
      asio::post(*where, [taken = std::move(taken), value]() mutable { taken(value); });
    }
  }
};

Signal::Signal() : state_(std::make_shared<State>()) {}

void Signal::Set() const { state_->Resume(true); }

bool Signal::IsSet() const {
  const std::lock_guard lock(state_->mutex);
  return state_->set;
}

Task<bool> Signal::Wait() const {
  const std::shared_ptr<State> state = state_;
  const Executor executor = co_await asio::this_coro::executor;
  {
    const std::lock_guard lock(state->mutex);
    if (state->set) co_return true;
    if (state->resume) throw std::logic_error("two coroutines wait for one signal");
  }
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(bool)>(
      [state, executor](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        bool already_set = false;
        {
          const std::lock_guard lock(state->mutex);
          state->executor = executor;
          state->resume = std::move(handler);
          already_set = state->set;
        }
        if (slot.is_connected()) {
          slot.assign([state](asio::cancellation_type) { state->Resume(false); });
        }
        if (already_set) state->Resume(true);
      },
      asio::use_awaitable_t<Executor>{});
}

Task<bool> Signal::WaitUntil(std::chrono::steady_clock::time_point deadline) const {
  if (deadline == std::chrono::steady_clock::time_point::max()) co_return co_await Wait();
  if (IsSet()) co_return true;
  const Executor executor = co_await asio::this_coro::executor;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer(executor, deadline);
  // Holds the state alone: the timer may fire after this coroutine has ended.
  timer.async_wait([state = state_](const boost::system::error_code& error) {
    if (!error) state->Resume(false);
  });
  co_return co_await Wait();
}

Task<void> Signal::WaitRegardless(std::move_only_function<void()> on_cancel) const {
  const Signal signal = *this;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!co_await signal.Wait()) on_cancel();
  co_await asio::this_coro::throw_if_cancelled(throws);
}

}  // namespace vedette
