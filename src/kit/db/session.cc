// SPDX-License-Identifier: Apache-2.0
#include "kit/db/session.h"

#include <utility>

namespace vedette::db {

void Session::Put(std::shared_ptr<Job> job) {
  std::optional<Signal> wake;
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      pending_ = std::move(job);
      wake = std::exchange(wake_, std::nullopt);
    }
  }
  if (job) {
    job->Finish(
        Fail(Code::kDeadlineExceeded, "The transaction took too long and was rolled back."));
    return;
  }
  if (wake) wake->Set();
  changed_.notify_one();
}

void Session::End() {
  std::optional<Signal> wake;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake = std::exchange(wake_, std::nullopt);
  }
  if (wake) wake->Set();
  changed_.notify_one();
}

void Session::Abandon() {
  std::function<void()> stop;
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    stop = std::exchange(stop_, nullptr);
  }
  if (stop) stop();
  End();
}

std::shared_ptr<Job> Session::TakeBlocking() {
  {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return pending_ != nullptr || ended_; };
    if (changed_.wait_until(lock, deadline.time, ready)) return std::exchange(pending_, nullptr);
  }
  Expire();
  return nullptr;
}

Task<std::shared_ptr<Job>> Session::Take() {
  while (true) {
    const Signal wake;
    {
      const std::lock_guard lock(mutex_);
      if (pending_ != nullptr || ended_) co_return std::exchange(pending_, nullptr);
      wake_ = wake;
    }
    if (co_await wake.WaitUntil(deadline.time)) continue;
    Expire();
    co_return nullptr;
  }
}

void Session::OnAbandon(std::function<void()> stop) {
  const std::lock_guard lock(mutex_);
  stop_ = std::move(stop);
}

void Session::Expire() {
  std::shared_ptr<Job> late;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    late = std::exchange(pending_, nullptr);
  }
  if (late) late->Finish(Fail(Code::kDeadlineExceeded, "The database did not answer in time."));
}

}  // namespace vedette::db
