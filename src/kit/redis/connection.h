// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "kit/redis/call_metrics.h"
#include "kit/redis/exchange.h"
#include "kit/task/signal.h"

namespace vedette::redis {

// One call on its way and its answer on the way back.
struct PendingCall {
  std::string bytes;      // as Redis reads them
  int answers = 1;        // the last one counts
  Result<Answer> answer;  // written before `done` is set, read after
  Signal done;
  std::atomic<bool> abandoned = false;  // nobody waits: not sent if it is not yet
  SteadyTime sent;                      // of the connection alone
};

// Where to connect now; asked before every attempt.
using Locate = std::function<Task<Result<Endpoint>>(SteadyTime deadline)>;

// One connection on one executor. Calls of all coroutines are pipelined on it. When it is lost,
// what was sent fails with kUnavailable, and Run makes it anew; what was not yet sent waits for the
// first attempt.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Settings {
    std::shared_ptr<const Dialer> dialer;
    Locate locate;
    Login login;
    std::chrono::milliseconds connect_timeout;
    std::chrono::milliseconds silence_timeout;
    std::chrono::milliseconds ping_interval;
    std::chrono::milliseconds reconnect_maximum;
    std::size_t queue_limit;
  };

  // What is referred to outlives it.
  Connection(Executor executor,
             Settings settings,
             Logger logger,
             CallMetrics& metrics,
             RandomSource& random);

  // Connects and serves until it is cancelled; once, on the executor.
  Task<void> Run();

  // Thread-safe from here on. kUnavailable when it is known that there is no connection,
  // kResourceExhausted when too many calls wait.
  Status Submit(std::shared_ptr<PendingCall> call);
  bool IsUp() const { return state_.load(std::memory_order_relaxed) == State::kUp; }
  // Whether Submit may take a call: up, or connecting after having been up.
  bool MayTake() const { return state_.load(std::memory_order_relaxed) <= State::kConnecting; }
  Error WhyDown() const;
  Executor executor() const { return executor_; }
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  std::uint64_t reconnects() const { return reconnects_.load(std::memory_order_relaxed); }

 private:
  enum class State : std::uint8_t { kUp, kConnecting, kDown, kClosed };
  struct Link;
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>,
                                           Executor>;

  Task<Result<std::shared_ptr<Stream>>> Reach();
  Task<void> Serve(std::shared_ptr<Link> link);
  Status Receive(Link& link, std::string_view bytes);
  void Flush();
  void Watch(std::shared_ptr<Link> link);
  void Check(Link& link);
  void GoDown(State state, Error why);
  void Lose(Link& link);
  void Finish(PendingCall& call, Result<Answer> answer);
  std::chrono::nanoseconds Pause(int attempt);

  const Executor executor_;
  const Settings settings_;
  const Logger logger_;
  CallMetrics& metrics_;
  RandomSource& random_;
  Timer watch_;                 // of the executor
  std::shared_ptr<Link> link_;  // of the executor; null while there is none

  std::atomic<State> state_ = State::kConnecting;
  std::atomic<std::size_t> waiting_ = 0;
  std::atomic<std::uint64_t> reconnects_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<PendingCall>> queue_;  // not yet sent
  bool flush_posted_ = false;
  Error down_{Code::kUnavailable, "Redis is away."};  // why Submit refuses
};

}  // namespace vedette::redis
