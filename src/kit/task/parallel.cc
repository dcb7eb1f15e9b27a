// SPDX-License-Identifier: Apache-2.0
#include "kit/task/parallel.h"

#include <exception>

#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace vedette::task_internal {

struct Siblings::State {
  std::vector<Canceller> cancellers;
  std::size_t running = 0;
  std::exception_ptr error;
  Signal ended;  // set when nothing runs any more

  void Cancel() {
    for (Canceller& canceller : cancellers) canceller.Cancel();
  }

  void Finish(std::exception_ptr ended_by) {
    if (ended_by && !error) {
      error = ended_by;
      Cancel();
    }
    if (--running == 0) ended.Set();
  }
};

Siblings::Siblings(Executor executor) : executor_(executor), state_(std::make_shared<State>()) {}

void Siblings::Start(std::move_only_function<Task<void>()> work) {
  ++state_->running;
  Spawn(
      executor_, std::move(work),
      [state = state_](std::exception_ptr error) { state->Finish(error); },
      state_->cancellers.emplace_back());
}

Task<void> Siblings::Join() {
  // The tasks write into the caller's frame, so a cancelled caller waits for them all the same.
  if (state_->running > 0) {
    co_await state_->ended.WaitRegardless([state = state_] { state->Cancel(); });
  }
  if (state_->error) std::rethrow_exception(state_->error);
}

}  // namespace vedette::task_internal
