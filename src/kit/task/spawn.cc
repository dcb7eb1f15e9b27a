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
  std::optional<Executor> executor;  // set while the task runs
  bool requested = false;
  asio::cancellation_signal signal;  // touched on the executor only

  bool IsRequested() {
    const std::lock_guard lock(mutex);
    return requested;
  }

  // From here on Cancel does nothing, so it may come after the runtime is gone.
  void End() {
    const std::lock_guard lock(mutex);
    executor.reset();
  }
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
  {
    const std::lock_guard lock(state->mutex);
    state->executor = executor;
  }
  // The slot is connected and the signal emitted on the executor only.
  asio::post(executor, [executor, state, work = std::move(work), done = std::move(done)]() mutable {
    asio::co_spawn(executor, Run(std::move(work)),
                   asio::bind_cancellation_slot(
                       state->signal.slot(),
                       [done = std::move(done), state](std::exception_ptr error) mutable {
                         state->End();
                         done(error);
                       }));
    // A request that came before the slot was connected has emitted into the void.
    if (state->IsRequested()) state->signal.emit(asio::cancellation_type::terminal);
  });
}

void Post(Executor executor, std::move_only_function<void()> work) {
  asio::post(executor, std::move(work));
}

}  // namespace vedette
