// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "kit/cache/stores.h"

namespace vedette::cache {

LocalStore::LocalStore(std::string name,
                       std::int64_t limit,
                       const Clock& clock,
                       RandomSource& random,
                       MetricsRegistry& metrics)
    : cache_(std::move(name), {.limit = limit}, clock, random, metrics, Logger()) {}

Task<Result<Entry>> LocalStore::Get(Deadline, std::string key) { co_return Peek(key); }

Entry LocalStore::Peek(std::string_view key) { return cache_.Peek(key).value_or(nullptr); }

Task<Status> LocalStore::Set(Deadline,
                             std::string key,
                             std::string value,
                             std::chrono::milliseconds ttl) {
  cache_.PutFor(key, std::make_shared<const std::string>(std::move(value)), ttl, true);
  co_return Status{};
}

Task<Result<bool>> LocalStore::SetIfAbsent(Deadline,
                                           std::string key,
                                           std::string value,
                                           std::chrono::milliseconds ttl) {
  co_return cache_.PutFor(key, std::make_shared<const std::string>(std::move(value)), ttl, false);
}

Task<Status> LocalStore::Delete(Deadline, std::vector<std::string> keys) {
  for (const std::string& key : keys) cache_.Erase(key);
  co_return Status{};
}

}  // namespace vedette::cache
