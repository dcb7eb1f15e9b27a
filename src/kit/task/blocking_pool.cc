// SPDX-License-Identifier: Apache-2.0
#include "kit/task/blocking_pool.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace vedette {

struct BlockingPool::Impl {
  std::size_t queue_limit;
  mutable std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::deque<std::move_only_function<void()>> queue;
  std::vector<std::thread> threads;

  void Loop() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      auto work = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    }
  }
};

BlockingPool::BlockingPool(std::string name, std::size_t threads, std::size_t queue_limit)
    : impl_(std::make_unique<Impl>()) {
  impl_->queue_limit = queue_limit;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, threads); ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->Loop(); });
    pthread_setname_np(impl_->threads.back().native_handle(), name.substr(0, 15).c_str());
  }
}

BlockingPool::~BlockingPool() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
}

bool BlockingPool::Post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping || impl_->queue.size() >= impl_->queue_limit) return false;
    impl_->queue.push_back(std::move(work));
  }
  impl_->wake.notify_one();
  return true;
}

std::size_t BlockingPool::queued() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->queue.size();
}

}  // namespace vedette
