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

  // Whether this turn was still to be had; it is taken then.
  bool Take(const Executor& executor) {
    const std::lock_guard lock(mutex_);
    if (taken_) return false;
    AwaitNext(executor);
    taken_ = true;
    return true;
  }

  // For one of the next turns, when this one is taken.
  void Join(const Signal& turn) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(turn);
  }

 private:
  void shutdown() noexcept override {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
  }

  // Posted, it comes behind the thread's look at its sockets, once for every look.
  void AwaitNext(const Executor& executor) {
    asio::post(executor, [this, executor] {
      const std::lock_guard lock(mutex_);
      taken_ = !waiting_.empty();
      if (!taken_) return;
      waiting_.front().Set();
      waiting_.pop_front();
      AwaitNext(executor);
    });
  }

  std::mutex mutex_;
  bool taken_ = false;  // and so AwaitNext is under way
  std::deque<Signal> waiting_;
};

}  // namespace

Task<void> TakeTurn() {
  const Executor executor = co_await asio::this_coro::executor;
  auto& turns = asio::use_service<Turns>(asio::query(executor, asio::execution::context));
  if (turns.Take(executor)) co_return;
  const Signal turn;
  turns.Join(turn);
  if (!co_await turn.Wait()) co_await Yield();  // throws
}

}  // namespace vedette
