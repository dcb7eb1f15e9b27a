// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kit/cache/cache_store.h"
#include "kit/cache/local_cache.h"
#include "kit/redis/client.h"
#include "kit/telemetry/metrics.h"

namespace vedette::cache {

// In this process: another process does not see what this one deletes, so give values a short ttl
// where several write.
class LocalStore final : public CacheStore {
 public:
  // `name` labels its metrics.
  LocalStore(std::string name,
             std::int64_t limit,
             const Clock& clock,
             RandomSource& random,
             MetricsRegistry& metrics);

  Task<Result<Entry>> Get(Deadline deadline, std::string key) override;
  Entry Peek(std::string_view key) override;
  Task<Status> Set(Deadline deadline,
                   std::string key,
                   std::string value,
                   std::chrono::milliseconds ttl) override;
  Task<Result<bool>> SetIfAbsent(Deadline deadline,
                                 std::string key,
                                 std::string value,
                                 std::chrono::milliseconds ttl) override;
  Task<Status> Delete(Deadline deadline, std::vector<std::string> keys) override;

  std::size_t size() const { return cache_.size(); }

 private:
  LocalCache<Entry> cache_;
};

// In Redis, under `prefix`, e.g. "vedette:"; expiry in whole seconds, rounded up. Each key is
// deleted by a command of its own, so a cluster may spread them. `client` outlives it.
class RedisStore final : public CacheStore {
 public:
  RedisStore(std::string prefix, redis::Client& client)
      : prefix_(std::move(prefix)), client_(client) {}

  // A key that holds something else than text is an empty entry, which no cache can read.
  Task<Result<Entry>> Get(Deadline deadline, std::string key) override;
  Task<Status> Set(Deadline deadline,
                   std::string key,
                   std::string value,
                   std::chrono::milliseconds ttl) override;
  Task<Result<bool>> SetIfAbsent(Deadline deadline,
                                 std::string key,
                                 std::string value,
                                 std::chrono::milliseconds ttl) override;
  Task<Status> Delete(Deadline deadline, std::vector<std::string> keys) override;

 private:
  Task<Status> DeleteOne(Deadline deadline, std::string key);

  const std::string prefix_;
  redis::Client& client_;
};

// Several stores as one, each key in one of them: for independent Redis servers (a Redis cluster
// spreads keys by itself). By rendezvous hashing (Thaler and Ravishankar 1998), weighted: a new
// store takes its share from all others and nothing else moves.
class ShardedStore final : public CacheStore {
 public:
  struct Shard {
    std::string name;  // decides which keys it gets, so it stays the same when its address changes
    CacheStore* store = nullptr;  // outlives this
    double weight = 1;            // positive
  };

  // With no shards every call is kUnavailable.
  explicit ShardedStore(std::vector<Shard> shards);

  Task<Result<Entry>> Get(Deadline deadline, std::string key) override;
  Entry Peek(std::string_view key) override;
  Task<Status> Set(Deadline deadline,
                   std::string key,
                   std::string value,
                   std::chrono::milliseconds ttl) override;
  Task<Result<bool>> SetIfAbsent(Deadline deadline,
                                 std::string key,
                                 std::string value,
                                 std::chrono::milliseconds ttl) override;
  Task<Status> Delete(Deadline deadline, std::vector<std::string> keys) override;

  // The place in the list of the shard that a key belongs to; the list is not empty.
  std::size_t IndexOf(std::string_view key) const;

 private:
  CacheStore* StoreOf(std::string_view key) const;

  struct Node {
    std::uint64_t seed;
    CacheStore* store;
    double weight;
  };
  std::vector<Node> nodes_;
};

}  // namespace vedette::cache
