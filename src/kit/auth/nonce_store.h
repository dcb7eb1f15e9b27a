// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"

namespace vedette {

namespace redis {
class Client;
}  // namespace redis

// Remembers what may be used once. Thread-safe.
class NonceStore {
 public:
  virtual ~NonceStore() = default;
  // True when `nonce` was not used within the last `lifetime`; it now is. kUnavailable when that
  // cannot be found out or remembered: the caller then refuses.
  virtual Task<Result<bool>> Use(std::string nonce,
                                 std::chrono::milliseconds lifetime,
                                 Deadline deadline) = 0;
};

// For one process. Forgets nothing before its time: when `capacity` are remembered, new ones are
// refused with kUnavailable. `clock` outlives it.
class LocalNonceStore final : public NonceStore {
 public:
  explicit LocalNonceStore(const Clock& clock, std::size_t capacity = 100'000);
  ~LocalNonceStore() override;
  Task<Result<bool>> Use(std::string nonce,
                         std::chrono::milliseconds lifetime,
                         Deadline deadline) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For all replicas: SET NX PX. `client` outlives it.
class RedisNonceStore final : public NonceStore {
 public:
  explicit RedisNonceStore(redis::Client& client) : client_(client) {}
  Task<Result<bool>> Use(std::string nonce,
                         std::chrono::milliseconds lifetime,
                         Deadline deadline) override;

 private:
  redis::Client& client_;
};

}  // namespace vedette
