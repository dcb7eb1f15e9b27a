// SPDX-License-Identifier: Apache-2.0
#include "kit/db/lane.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace vedette::db {

Status Lane::Push(std::shared_ptr<Session> session) {
  std::optional<Signal> wake;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Fail(Code::kUnavailable, "The database is closing.");
    if (queue_.size() >= options_.queue_limit) {
      return Fail(Error{.code = Code::kResourceExhausted,
                        .message = "Too many requests wait for the database; try again.",
                        .retry_after = std::chrono::milliseconds(200)});
    }
    queue_.push_back(std::move(session));
    metrics_.Waiting(1);
    if (!sleeping_.empty()) {
      wake = std::move(sleeping_.back());
      sleeping_.pop_back();
    } else if (idle_threads_ < queue_.size() && workers_ < options_.workers) {
      // Under the mutex: whoever closes the lane then knows of every worker.
      start_worker_();
      ++workers_;
    }
  }
  if (wake) wake->Set();
  changed_.notify_one();
  return {};
}

bool Lane::Remove(const Session* session) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(queue_, [session](const auto& each) { return each.get() == session; });
  if (found == queue_.end()) return false;
  queue_.erase(found);
  metrics_.Waiting(-1);
  return true;
}

std::shared_ptr<Session> Lane::Pop() {
  auto session = std::move(queue_.front());
  queue_.pop_front();
  metrics_.Waiting(-1);
  return session;
}

std::shared_ptr<Session> Lane::TakeBlocking() {
  std::unique_lock lock(mutex_);
  ++idle_threads_;
  changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
  --idle_threads_;
  if (queue_.empty()) return nullptr;
  return Pop();
}

Task<std::shared_ptr<Session>> Lane::Take() {
  while (true) {
    const Signal wake;
    {
      const std::lock_guard lock(mutex_);
      if (!queue_.empty()) co_return Pop();
      if (closed_) co_return nullptr;
      sleeping_.push_back(wake);
    }
    co_await wake.Wait();
  }
}

void Lane::Close() {
  std::vector<Signal> sleeping;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    sleeping.swap(sleeping_);
  }
  for (const Signal& wake : sleeping) wake.Set();
  changed_.notify_all();
}

}  // namespace vedette::db
