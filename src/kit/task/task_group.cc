// SPDX-License-Identifier: Apache-2.0
#include "kit/task/task_group.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace vedette {

struct TaskGroup::State {
  explicit State(Logger log) : logger(std::move(log)) {}

  Logger logger;
  mutable std::mutex mutex;
  bool closed = false;
  std::uint64_t next_key = 0;
  std::unordered_map<std::uint64_t, Canceller> running;
  Signal empty;  // set once closed and nothing runs

  void Finish(std::uint64_t key, const std::string& name, std::exception_ptr error) {
    if (error) Report(name, error);
    bool last = false;
    {
      const std::lock_guard lock(mutex);
      running.erase(key);
      last = closed && running.empty();
    }
    if (last) empty.Set();
  }

  void CancelAll() {
    std::vector<Canceller> cancellers;
    {
      const std::lock_guard lock(mutex);
      for (const auto& [key, canceller] : running) cancellers.push_back(canceller);
    }
    for (Canceller& canceller : cancellers) canceller.Cancel();
  }

  void Report(const std::string& name, std::exception_ptr error) const {
    try {
      std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
      if (e.code() == asio::error::operation_aborted) return;  // cancelled: a normal end
      logger.Error("a task ended by an exception", {{"task", name}, {"error", e.what()}});
    } catch (const std::exception& e) {
      logger.Error("a task ended by an exception", {{"task", name}, {"error", e.what()}});
    } catch (...) {
      logger.Error("a task ended by an exception", {{"task", name}});
    }
  }
};

TaskGroup::TaskGroup(Logger logger) : state_(std::make_shared<State>(std::move(logger))) {}

TaskGroup::~TaskGroup() {
  // Tasks still running would use what their owner is about to destroy.
  if (size() != 0) {
    state_->logger.Error("a task group was destroyed while tasks run", {{"tasks", size()}});
    std::abort();
  }
}

bool TaskGroup::Spawn(Executor executor,
                      std::string name,
                      std::move_only_function<Task<void>()> work) {
  return Spawn(std::move(executor), std::move(name), std::move(work), Canceller());
}

bool TaskGroup::Spawn(Executor executor,
                      std::string name,
                      std::move_only_function<Task<void>()> work,
                      const Canceller& task_canceller) {
  std::uint64_t key = 0;
  Canceller canceller = task_canceller;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closed) return false;
    key = state_->next_key++;
    state_->running.emplace(key, canceller);
  }
  vedette::Spawn(
      executor, std::move(work),
      [state = state_, key, name = std::move(name)](std::exception_ptr error) {
        state->Finish(key, name, error);
      },
      canceller);
  return true;
}

void TaskGroup::Close() {
  bool last = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    last = state_->running.empty();
  }
  if (last) state_->empty.Set();
}

void TaskGroup::Cancel() {
  Close();
  state_->CancelAll();
}

Task<void> TaskGroup::Join() {
  Close();
  co_await state_->empty.WaitRegardless([state = state_] { state->CancelAll(); });
}

std::size_t TaskGroup::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->running.size();
}

}  // namespace vedette
