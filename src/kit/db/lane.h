// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "kit/db/query_metrics.h"
#include "kit/db/session.h"
#include "kit/task/signal.h"

namespace vedette::db {

// Where sessions wait, first come first served, for one of a few workers. Workers (threads of
// SQLite, coroutines of PostgreSQL) are started when first needed. Thread-safe.
class Lane {
 public:
  struct Options {
    std::size_t workers = 1;
    std::size_t queue_limit = 1024;  // sessions that may wait
  };

  // `start_worker` starts a worker that takes sessions until it gets null. It is called under the
  // lane's mutex: it neither waits nor uses the lane itself.
  Lane(Options options, QueryMetrics& metrics, std::function<void()> start_worker)
      : options_(options), metrics_(metrics), start_worker_(std::move(start_worker)) {}

  // kResourceExhausted when too many wait, kUnavailable once closed.
  Status Push(std::shared_ptr<Session> session);
  // True when the session still waited, which it then does no longer.
  bool Remove(const Session* session);

  // The next session; null once the lane is closed and empty.
  std::shared_ptr<Session> TakeBlocking();
  Task<std::shared_ptr<Session>> Take();

  // Refuses new sessions; those that wait are still served.
  void Close();

 private:
  std::shared_ptr<Session> Pop();

  const Options options_;
  QueryMetrics& metrics_;
  const std::function<void()> start_worker_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Session>> queue_;
  std::vector<Signal> sleeping_;  // coroutines that wait for a session
  std::size_t idle_threads_ = 0;
  std::size_t workers_ = 0;
  bool closed_ = false;
};

}  // namespace vedette::db
