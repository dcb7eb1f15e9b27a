// SPDX-License-Identifier: Apache-2.0
#include "kit/task/turn.h"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <mutex>

#include "kit/task/signal.h"
#include "kit/task/sleep.h"

namespace vedette {
namespace {

// Who waits for a turn of one thread.
class Turns final : public asio::execution_context::service {
 public:
  using key_type = Turns;
  static inline asio::execution_context::id id;

  explicit Turns(asio::execution_context& thread) : service(thread) {}

  void Join(const Executor& executor, const Signal& turn) {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) LetGoNext(executor);
    waiting_.push_back(turn);
  }

 private:
  void shutdown() noexcept override {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
  }

  // Posted, it comes behind the thread's look at its sockets, once for every look.
  void LetGoNext(const Executor& executor) {
    asio::post(executor, [this, executor] {
      const std::lock_guard lock(mutex_);
      waiting_.front().Set();
      waiting_.pop_front();
      if (!waiting_.empty()) LetGoNext(executor);
    });
  }

  std::mutex mutex_;
  std::deque<Signal> waiting_;
};

}  // namespace

Task<void> TakeTurn() {
  const Executor executor = co_await asio::this_coro::executor;
  const Signal turn;
  asio::use_service<Turns>(asio::query(executor, asio::execution::context)).Join(executor, turn);
  if (!co_await turn.Wait()) co_await Yield();  // throws
}

}  // namespace vedette
