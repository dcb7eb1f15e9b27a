// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kit/breaker/breaker.h"
#include "kit/redis/connection.h"
#include "kit/redis/open.h"
#include "kit/task/task_group.h"

namespace vedette::redis {

// What the parts of one client share. All that is referred to outlives them.
struct Context {
  RedisOptions options;
  Location location;
  std::shared_ptr<const Dialer> dialer;
  Runtime& runtime;
  Dependencies dependencies;
  CallMetrics metrics;

  Login ServerLogin() const;
};

// One server, or whoever is master: a few connections and a breaker. Thread-safe.
class Node : public std::enable_shared_from_this<Node> {
 public:
  Node(Context& context, std::string address, Locate locate);

  void Start();
  // The last of `answers` answers to `bytes`. An error that the server answers is an Answer, not an
  // Error.
  Task<Result<Answer>> Send(Deadline deadline, std::string bytes, int answers = 1);
  bool IsConnected() const;
  ServerState State() const;
  const std::string& address() const { return address_; }
  // Ends what waits; no call follows.
  Task<void> Close();

 private:
  std::shared_ptr<Connection> Pick();

  const std::string address_;
  Breaker breaker_;
  TaskGroup tasks_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace vedette::redis
