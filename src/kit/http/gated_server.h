// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "kit/http/test_server.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"

namespace vedette::http {

// The statuses that passages were told, in order.
class Ends {
 public:
  void Add(int status) {
    const std::lock_guard lock(mutex_);
    statuses_.push_back(status);
  }
  std::vector<int> statuses() const {
    const std::lock_guard lock(mutex_);
    return statuses_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<int> statuses_;
};

class RecordedPassage final : public Passage {
 public:
  explicit RecordedPassage(Ends& ends) : ends_(ends) {}
  void End(int status) override { ends_.Add(status); }

 private:
  Ends& ends_;
};

// A server whose routes stand behind a gate that tells how requests ended.
class GatedServer : public TestServer {
 public:
  explicit GatedServer(ServerOptions server_options = {}) : TestServer(std::move(server_options)) {
    options.max_body_bytes = 1000;
    Add("POST", "/gated", [](Request request) { return AnswerText(std::move(request.body)); });
    Add("GET", "/hang", [this](Request) { return Hang(); });
    Add("GET", "/wait", [this](Request) { return WaitForRelease(); });
    Add("GET", "/throws", [](Request) -> Task<Response> { throw std::runtime_error("defect"); });
  }
  ~GatedServer() { Stop(); }

  void Add(std::string method, std::string pattern, Handler handler) {
    router.Add(std::move(method), std::move(pattern), std::move(handler),
               {.gate = [this](const Request& head) { return Enter(head); }});
  }

  Result<std::unique_ptr<Passage>> Enter(const Request& head) {
    ++asked;
    if (head.headers.Get("X-Refuse")) {
      Error error{Code::kUnavailable, "Not now."};
      error.retry_after = std::chrono::seconds(2);
      return Fail(std::move(error));
    }
    return std::make_unique<RecordedPassage>(ends);
  }

  Task<Response> Hang() {
    started.Set();
    const Signal never;
    const bool set = co_await never.Wait();
    cancelled.Set();
    co_return co_await AnswerText(set ? "set" : "cancelled");
  }

  Task<Response> WaitForRelease() {
    started.Set();
    co_await release.Wait();
    co_return co_await AnswerText("released");
  }

  // Waits until the server has told the ends of so many requests.
  std::vector<int> AwaitEnds(std::size_t count) {
    const SteadyTime patience = Patience();
    while (ends.statuses().size() < count && clock.SteadyNow() < patience) {
      std::this_thread::yield();
    }
    return ends.statuses();
  }
  void AwaitSignal(Signal& signal) {
    EXPECT_TRUE(Await<bool>(runtime, [&] { return signal.WaitUntil(Patience()); }));
  }

  Ends ends;
  std::atomic<int> asked = 0;
  Signal started;
  Signal cancelled;
  Signal release;
};

inline std::uint64_t Requests(TestServer& server,
                              std::string method,
                              std::string route,
                              int status) {
  return CounterValue(server.metrics, "vedette_http_requests_total",
                      {{"method", method}, {"route", route}, {"status", std::to_string(status)}});
}

}  // namespace vedette::http
