// SPDX-License-Identifier: Apache-2.0
#include "app/import/batch_queue.h"

#include <utility>

namespace vedette::importing {

BatchPtr BatchQueue::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!empty_.empty()) {
      BatchPtr batch = std::move(empty_.back());
      empty_.pop_back();
      return batch;
    }
  }
  return std::make_unique<formats::ObservationBatch>();
}

bool BatchQueue::Push(BatchPtr& batch) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return closed_ || full_.size() < limit_; });
  if (closed_) return false;
  full_.push_back(std::move(batch));
  if (!waiters_.empty()) {
    waiters_.front().Set();
    waiters_.pop_front();
  }
  return true;
}

void BatchQueue::Finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  WakeAll();
}

Task<std::optional<BatchPtr>> BatchQueue::Pop() {
  while (true) {
    Signal arrival;
    {
      const std::lock_guard lock(mutex_);
      if (!full_.empty()) {
        BatchPtr batch = std::move(full_.front());
        full_.pop_front();
        room_.notify_one();
        co_return batch;
      }
      if (finished_ || closed_) co_return std::nullopt;
      waiters_.push_back(arrival);
    }
    co_await arrival.Wait();
  }
}

void BatchQueue::Recycle(BatchPtr batch) {
  const std::lock_guard lock(mutex_);
  if (empty_.size() < limit_) empty_.push_back(std::move(batch));
}

std::vector<BatchPtr> BatchQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  std::vector<BatchPtr> left(std::make_move_iterator(full_.begin()),
                             std::make_move_iterator(full_.end()));
  full_.clear();
  room_.notify_all();
  WakeAll();
  return left;
}

void BatchQueue::WakeAll() {
  for (const Signal& waiter : waiters_) waiter.Set();
  waiters_.clear();
}

}  // namespace vedette::importing
