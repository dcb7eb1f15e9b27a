// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <utility>

#include "kit/cache/stores.h"
#include "kit/task/parallel.h"

namespace vedette::cache {
namespace {

// FNV-1a, 64 bits: the same in every process, as all must agree where a key is.
std::uint64_t HashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::unexpected<Error> NoShards() { return Fail(Code::kUnavailable, "The cache has no servers."); }

}  // namespace

ShardedStore::ShardedStore(std::vector<Shard> shards) {
  nodes_.reserve(shards.size());
  for (const Shard& shard : shards) {
    nodes_.push_back({Mix(HashOf(shard.name)), shard.store, shard.weight});
  }
}

std::size_t ShardedStore::IndexOf(std::string_view key) const {
  const std::uint64_t hash = HashOf(key);
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    // An exponential variable of rate `weight` per shard: the least is that of shard i with a
    // probability in proportion to its weight.
    const double uniform =
        (static_cast<double>(Mix(hash ^ nodes_[i].seed) >> 11) + 0.5) * 0x1.0p-53;
    const double score = -std::log(uniform) / nodes_[i].weight;
    if (score < least) {
      least = score;
      best = i;
    }
  }
  return best;
}

CacheStore* ShardedStore::StoreOf(std::string_view key) const {
  return nodes_.empty() ? nullptr : nodes_[IndexOf(key)].store;
}

Task<Result<Entry>> ShardedStore::Get(Deadline deadline, std::string key) {
  CacheStore* store = StoreOf(key);
  if (store == nullptr) co_return NoShards();
  co_return co_await store->Get(deadline, std::move(key));
}

Entry ShardedStore::Peek(std::string_view key) {
  CacheStore* store = StoreOf(key);
  return store == nullptr ? nullptr : store->Peek(key);
}

Task<Status> ShardedStore::Set(Deadline deadline,
                               std::string key,
                               std::string value,
                               std::chrono::milliseconds ttl) {
  CacheStore* store = StoreOf(key);
  if (store == nullptr) co_return NoShards();
  co_return co_await store->Set(deadline, std::move(key), std::move(value), ttl);
}

Task<Result<bool>> ShardedStore::SetIfAbsent(Deadline deadline,
                                             std::string key,
                                             std::string value,
                                             std::chrono::milliseconds ttl) {
  CacheStore* store = StoreOf(key);
  if (store == nullptr) co_return NoShards();
  co_return co_await store->SetIfAbsent(deadline, std::move(key), std::move(value), ttl);
}

Task<Status> ShardedStore::Delete(Deadline deadline, std::vector<std::string> keys) {
  if (nodes_.empty()) co_return NoShards();
  std::vector<std::vector<std::string>> of_shard(nodes_.size());
  for (std::string& key : keys) of_shard[IndexOf(key)].push_back(std::move(key));
  std::vector<Task<Status>> deletes;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (of_shard[i].empty()) continue;
    deletes.push_back(nodes_[i].store->Delete(deadline, std::move(of_shard[i])));
  }
  for (const Status& deleted : co_await WhenAll(std::move(deletes))) VEDETTE_CO_CHECK_OK(deleted);
  co_return Status{};
}

}  // namespace vedette::cache
