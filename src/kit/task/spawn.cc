// SPDX-License-Identifier: Apache-2.0
#include "kit/task/spawn.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <optional>

namespace vedette {

struct Canceller::State {
  std::mutex mutex;
  std::optional<Executor> executor;  // set once spawned
  bool requested = false;
  asio::cancellation_signal signal;  // touched on the executor only
};

Canceller::Canceller() : state_(std::make_shared<State>()) {}

void Canceller::Cancel() {
  std::optional<Executor> executor;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->requested) return;
    state_->requested = true;
    executor = state_->executor;
  }
  if (!executor) return;
  asio::post(*executor,
             [state = state_] { state->signal.emit(asio::cancellation_type::terminal); });
}

namespace {

// The coroutine owns the function it runs, so that what the function captured outlives the task.
Task<void> Run(std::move_only_function<Task<void>()> work) { co_await work(); }

}  // namespace

void Spawn(Executor executor,
           std::move_only_function<Task<void>()> work,
           std::move_only_function<void(std::exception_ptr)> done) {
  asio::co_spawn(executor, Run(std::move(work)),
                 [done = std::move(done)](std::exception_ptr error) mutable { done(error); });
}

void Spawn(Executor executor,
           std::move_only_function<Task<void>()> work,
           std::move_only_function<void(std::exception_ptr)> done,
           Canceller& canceller) {
  auto state = canceller.state_;
  bool cancelled = false;
  {
    const std::lock_guard lock(state->mutex);
    state->executor = executor;
    cancelled = state->requested;
  }
  // co_spawn connects the slot here, on the caller's thread; emit only ever runs on the executor,
  // after this: so start there too.
  asio::post(executor, [executor, state, cancelled, work = std::move(work),
                        done = std::move(done)]() mutable {
    asio::co_spawn(
        executor, Run(std::move(work)),
        asio::bind_cancellation_slot(
            state->signal.slot(),
            [done = std::move(done), state](std::exception_ptr error) mutable { done(error); }));
    if (cancelled) state->signal.emit(asio::cancellation_type::terminal);
  });
}

void Post(Executor executor, std::move_only_function<void()> work) {
  asio::post(executor, std::move(work));
}

}  // namespace vedette
