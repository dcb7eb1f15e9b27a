// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"

namespace vedette::cache {

// What a key holds; null for nothing.
using Entry = std::shared_ptr<const std::string>;

// Where cached bytes are kept. It may forget anything at any time. Thread-safe. An error says that
// the store is away (kUnavailable, kDeadlineExceeded, kResourceExhausted …), never that a key
// holds nothing.
class CacheStore {
 public:
  virtual ~CacheStore() = default;

  virtual Task<Result<Entry>> Get(Deadline deadline, std::string key) = 0;
  // What can be had without waiting; null when that is not known.
  virtual Entry Peek(std::string_view key) {
    static_cast<void>(key);
    return nullptr;
  }
  // For `ttl` at most, which is positive.
  virtual Task<Status> Set(Deadline deadline,
                           std::string key,
                           std::string value,
                           std::chrono::milliseconds ttl) = 0;
  // False when the key holds something already, which stays.
  virtual Task<Result<bool>> SetIfAbsent(Deadline deadline,
                                         std::string key,
                                         std::string value,
                                         std::chrono::milliseconds ttl) = 0;
  // Success when none of the keys holds anything any more, also when none did before.
  virtual Task<Status> Delete(Deadline deadline, std::vector<std::string> keys) = 0;
};

}  // namespace vedette::cache
