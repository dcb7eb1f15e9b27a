// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "kit/db/database.h"
#include "kit/task/signal.h"
#include "kit/task/task_group.h"

namespace vedette::db {

struct GroupWriterOptions {
  std::string name;                 // of the task, for the log
  std::size_t queue_limit = 10000;  // rows that may wait
  std::size_t group_limit = 5000;   // rows of one transaction; one larger request goes alone
  std::size_t loops = 1;            // transactions at a time
  std::chrono::milliseconds transaction_timeout{10000};
  std::chrono::milliseconds retry_after{200};  // told to those who are refused
};

// Group commit: concurrent requests share a transaction and its fsync. While one group is being
// committed, the next gathers; a lone request does not wait. A request is answered after its
// commit.
//
// A group that fails as a whole is tried again request by request, so a bad request harms itself
// alone; but not after kUnavailable, kDeadlineExceeded or kResourceExhausted, which all its
// requests are answered. After the first two it may or may not have been committed, so a request
// must be repeatable (idempotency key). A caller that leaves, or whose deadline passes, stops no
// group; its request is dropped if no group has taken it yet. Thread-safe. Close() before
// destruction.
template <class Request, class Response>
class GroupWriter {
 public:
  // One response, or refusal, per request, in order. May be called again with one request alone. A
  // refused request must have left nothing in the transaction.
  using Handler = std::function<Task<Result<std::vector<Result<Response>>>>(
      Transaction& transaction, std::vector<Request> requests)>;

  GroupWriter(Database& database,
              Executor executor,
              Logger logger,
              GroupWriterOptions options,
              Handler handler)
      : database_(database),
        executor_(executor),
        options_(std::move(options)),
        handler_(std::move(handler)),
        logger_(logger),
        tasks_(std::move(logger)) {}

  // `rows` is the request's weight in the limits, 1 at least. kResourceExhausted when too many rows
  // wait.
  Task<Result<Response>> Submit(Request request, Deadline deadline, std::size_t rows = 1) {
    auto item =
        std::make_shared<Item>(std::move(request), deadline, std::max<std::size_t>(1, rows));
    VEDETTE_CO_CHECK_OK(Enqueue(item));
    const LeaveOnExit guard{item};
    if (co_await item->done.WaitUntil(deadline.time) || item->done.IsSet()) {
      co_return std::move(item->answer);
    }
    if (deadline.Passed(clock_)) {
      co_return Fail(Code::kDeadlineExceeded, "The database did not answer in time.");
    }
    co_return Fail(Code::kCancelled, "The caller left.");
  }

  // Refuses new requests and waits until those that came before are answered, also when the caller
  // is cancelled.
  Task<void> Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    co_await tasks_.Join();
  }

 private:
  struct Item {
    Item(Request item_request, Deadline item_deadline, std::size_t item_rows)
        : request(std::move(item_request)), deadline(item_deadline), rows(item_rows) {}
    const Request request;
    const Deadline deadline;
    const std::size_t rows;
    std::atomic<bool> left = false;
    Result<Response> answer = Fail(Code::kInternal, "unanswered");
    Signal done;

    void Answer(Result<Response> result) {
      answer = std::move(result);
      done.Set();
    }
  };
  using Items = std::vector<std::shared_ptr<Item>>;

  struct LeaveOnExit {
    std::shared_ptr<Item> item;
    ~LeaveOnExit() { item->left = true; }
  };

  Status Enqueue(std::shared_ptr<Item> item) {
    const std::lock_guard lock(mutex_);
    if (closed_) return Fail(Code::kUnavailable, "The service is stopping.");
    if (queued_rows_ > 0 && queued_rows_ + item->rows > options_.queue_limit) {
      return Fail(Error{.code = Code::kResourceExhausted,
                        .message = "Too many writes are waiting; try again.",
                        .retry_after = options_.retry_after});
    }
    queued_rows_ += item->rows;
    queue_.push_back(std::move(item));
    if (running_ < options_.loops) {
      ++running_;
      if (!tasks_.Spawn(executor_, options_.name, [this] { return Loop(); })) --running_;
    }
    return {};
  }

  Task<void> Loop() {
    // Whoever waits is answered, also when Close is cancelled.
    co_await asio::this_coro::throw_if_cancelled(false);
    while (true) {
      Items group = Take();
      if (group.empty()) co_return;
      co_await Write(std::move(group));
    }
  }

  // The next group; empty, and this loop is over, when nothing waits.
  Items Take() {
    const std::lock_guard lock(mutex_);
    Items group;
    std::size_t rows = 0;
    while (!queue_.empty() &&
           (group.empty() || rows + queue_.front()->rows <= options_.group_limit)) {
      std::shared_ptr<Item> item = std::move(queue_.front());
      queue_.pop_front();
      queued_rows_ -= item->rows;
      if (item->left || item->deadline.Passed(clock_)) continue;
      rows += item->rows;
      group.push_back(std::move(item));
    }
    if (group.empty()) --running_;
    return group;
  }

  Task<void> Write(Items group) {
    Result<std::vector<Result<Response>>> answers = co_await WriteTogether(group);
    if (answers) {
      for (std::size_t i = 0; i < group.size(); ++i) group[i]->Answer(std::move((*answers)[i]));
      co_return;
    }
    if (group.size() == 1 || NobodysFault(answers.error().code)) {
      for (const auto& item : group) item->Answer(Fail(answers.error()));
      co_return;
    }
    for (const auto& item : group) {
      Items alone(1, item);
      auto answer = co_await WriteTogether(alone);
      item->Answer(answer ? std::move(answer->front()) : Fail(answer.error()));
    }
  }

  static bool NobodysFault(Code code) {
    return code == Code::kUnavailable || code == Code::kDeadlineExceeded ||
           code == Code::kResourceExhausted;
  }

  Task<Result<std::vector<Result<Response>>>> WriteTogether(const Items& group) {
    try {
      co_return co_await Attempt(group);
    } catch (...) {
      // What it says may hold values, so it is not logged.
      logger_.Error("a group of writes ended by an exception", {{"writer", options_.name}});
      co_return Fail(Code::kInternal, "The write failed.");
    }
  }

  // A transaction is shown in one trace: of the first request that has one.
  static TraceContext TraceOf(const Items& group) {
    for (const auto& item : group) {
      if (item->deadline.trace.IsValid()) return item->deadline.trace;
    }
    return {};
  }

  Task<Result<std::vector<Result<Response>>>> Attempt(const Items& group) {
    const Deadline deadline =
        Deadline::After(clock_, options_.transaction_timeout).Within(TraceOf(group));
    VEDETTE_CO_TRY(const auto transaction, co_await database_.BeginWrite(deadline));
    std::vector<Request> requests;
    requests.reserve(group.size());
    for (const auto& item : group) requests.push_back(item->request);
    VEDETTE_CO_TRY(auto answers, co_await handler_(*transaction, std::move(requests)));
    if (answers.size() != group.size()) {
      co_return Fail(Code::kInternal, "The write was answered with the wrong number of responses.");
    }
    VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
    co_return answers;
  }

  Database& database_;
  const Executor executor_;
  const GroupWriterOptions options_;
  const Handler handler_;
  const Logger logger_;
  const SystemClock clock_;  // timers of the system measure the deadlines
  std::mutex mutex_;
  std::deque<std::shared_ptr<Item>> queue_;
  std::size_t queued_rows_ = 0;
  std::size_t running_ = 0;
  bool closed_ = false;
  TaskGroup tasks_;
};

}  // namespace vedette::db
