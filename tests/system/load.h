// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kit/http/client.h"
#include "kit/task/runtime.h"
#include "kit/task/task_group.h"

namespace vedette::system_test {

// What became of the requests of a load.
struct LoadCounts {
  std::int64_t sent = 0;
  std::int64_t good = 0;               // 2xx
  std::map<int, std::int64_t> failed;  // by status; 0: no answer
  std::string first_failure;           // its body or reason
  std::int64_t Failures() const { return sent - good; }
};

// Clients that send one request after the other through a load balancer, which asks each gateway
// every 50 ms whether it is ready and sends nothing new to one that is not. As balancers do, it
// sends a request again whose kept connection was closed before any answer (RFC 9112 §9.3.1); each
// request here may be sent again.
class Load {
 public:
  struct Options {
    std::vector<std::uint16_t> gateways;
    int clients = 8;
    // A pause of each client between two requests.
    std::chrono::milliseconds pause{5};
    std::chrono::milliseconds timeout{10'000};
    // The request number `number` of client `client`; from any thread.
    std::function<http::ClientRequest(int client, int number)> make;
  };

  explicit Load(Options options);
  ~Load();  // stops
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // What was counted since the last call; the load goes on.
  LoadCounts Take();
  // Ends after the requests under way.
  LoadCounts Stop();

 private:
  Task<void> Client(int client);
  Task<void> Balance();
  Task<Result<http::ClientResponse>> Send(std::optional<http::ClientConnection>& connection,
                                          std::uint16_t& port,
                                          http::ClientRequest request);
  std::uint16_t Choose(int client);
  void Count(const Result<http::ClientResponse>& answer);

  const Options options_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<std::uint16_t> ready_;
  LoadCounts counts_;
  Runtime runtime_{1};
  TaskGroup tasks_;
};

}  // namespace vedette::system_test
