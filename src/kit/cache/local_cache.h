// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kit/cache/expiry.h"
#include "kit/cache/single_flight.h"
#include "kit/cache/statistics.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette::cache {

struct LocalCacheOptions {
  std::int64_t limit = 10'000;  // entries
  std::chrono::milliseconds ttl = std::chrono::minutes(1);
  std::chrono::milliseconds fetch_timeout = std::chrono::seconds(5);

  void Describe(config::Section& section);
};

// Values of this process by key, each for its ttl ± 5 %; beyond `limit` the least recently used
// goes. With a limit of 1024 or more, keys are spread over shards with a lock, a limit and an order
// of use each. Value is copied to whoever asks: make it a shared_ptr<const …> when that is dear.
// Thread-safe; a hit costs some 100 ns. Close() before destruction once Take was used.
template <class Value>
class LocalCache {
 public:
  LocalCache(std::string name,
             LocalCacheOptions options,
             const Clock& clock,
             RandomSource& random,
             MetricsRegistry& metrics,
             Logger logger)
      : options_(options),
        clock_(clock),
        random_(random),
        statistics_(name, metrics),
        entries_(metrics.GetGauge(
            "vedette_cache_entries", "Entries of an in-process cache.", {{"cache", name}})),
        evictions_(metrics.GetCounter("vedette_cache_evictions_total",
                                      "Entries that left an in-process cache because it was full.",
                                      {{"cache", name}})),
        flights_("cache " + name, options.fetch_timeout, std::move(logger)),
        shard_count_(options.limit < kShardedFrom ? 1 : kShards),
        shard_limit_(std::max<std::size_t>(
            1,
            (static_cast<std::size_t>(std::max<std::int64_t>(options.limit, 1)) + shard_count_ -
             1) /
                shard_count_)),
        shards_(std::make_unique<Shard[]>(shard_count_)) {}
  ~LocalCache() { entries_.Add(-static_cast<double>(size())); }
  LocalCache(const LocalCache&) = delete;
  LocalCache& operator=(const LocalCache&) = delete;

  std::optional<Value> Get(std::string_view key) {
    auto found = Peek(key);
    found ? statistics_.Hit() : statistics_.Miss();
    return found;
  }

  // Get that is not counted.
  std::optional<Value> Peek(std::string_view key) {
    const SteadyTime now = clock_.SteadyNow();
    const Probe probe(key);
    Shard& shard = ShardOf(probe);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.index.find(probe);
    if (found == shard.index.end()) return std::nullopt;
    const auto item = found->second;
    if (item->expires <= now) {
      Remove(shard, item);
      return std::nullopt;
    }
    shard.order.splice(shard.order.begin(), shard.order, item);
    return item->value;
  }

  // For `ttl` ± 5 %, or the options' ttl.
  void Put(std::string_view key, Value value, std::chrono::milliseconds ttl) {
    PutUntil(key, std::move(value), ExpiresAt(ttl), true);
  }
  void Put(std::string_view key, Value value) { Put(key, std::move(value), options_.ttl); }
  // False when the key is there, whose value stays.
  bool PutIfAbsent(std::string_view key, Value value, std::chrono::milliseconds ttl) {
    return PutUntil(key, std::move(value), ExpiresAt(ttl), false);
  }
  // For exactly `ttl`.
  bool PutFor(std::string_view key, Value value, std::chrono::nanoseconds ttl, bool replace) {
    return PutUntil(key, std::move(value), clock_.SteadyNow() + ttl, replace);
  }

  // Who is fetching the key just now keeps the value to itself.
  void Erase(std::string_view key) {
    // Once so that no older value is put afterwards, and once so that nobody joins who found one
    // before. Puts do not wait, so there is none to wait for.
    static_cast<void>(flights_.Forget(key));
    const Probe probe(key);
    Shard& shard = ShardOf(probe);
    {
      const std::scoped_lock lock(shard.mutex);
      if (const auto found = shard.index.find(probe); found != shard.index.end()) {
        Remove(shard, found->second);
      }
    }
    static_cast<void>(flights_.Forget(key));
  }

  // What is there, or what `fetch` gives: one fetch for all who ask at the same time. Its error is
  // everybody's and is not kept.
  Task<Result<Value>> Take(std::string key,
                           Deadline deadline,
                           std::move_only_function<Task<Result<Value>>(Deadline)> fetch) {
    if (auto found = Peek(key)) {
      statistics_.Hit();
      co_return *std::move(found);
    }
    auto landing = co_await flights_.Join(
        key, deadline,
        [this, key, fetch = std::move(fetch)](Deadline own, Flights::Flight& flight) mutable {
          return Load(key, own, &fetch, &flight);
        });
    if (!landing) co_return std::unexpected(std::move(landing).error());
    const Loaded& loaded = *static_cast<const Loaded*>(landing->outcome.get());
    loaded.value && (loaded.found || !landing->fresh) ? statistics_.Hit() : statistics_.Miss();
    co_return loaded.value;
  }

  // Entries now, those included that are over but not yet gone.
  std::size_t size() const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < shard_count_; ++i) {
      const std::scoped_lock lock(shards_[i].mutex);
      sum += shards_[i].order.size();
    }
    return sum;
  }
  CacheSnapshot Snapshot() const { return statistics_.Snapshot(); }
  Task<void> Close() { return flights_.Close(); }

 private:
  static constexpr std::int64_t kShardedFrom = 1024;
  static constexpr std::size_t kShards = 16;

  struct Item {
    std::string key;
    std::size_t hash;
    Value value;
    SteadyTime expires;
  };
  using Order = std::list<Item>;  // most recently used first
  // A key with its hash, which is taken once per call.
  struct Probe {
    explicit Probe(std::string_view text) : key(text), hash(std::hash<std::string_view>()(text)) {}
    Probe(std::string_view text, std::size_t known) : key(text), hash(known) {}
    std::string_view key;
    std::size_t hash;
    bool operator==(const Probe& other) const { return key == other.key; }
  };
  struct HashOf {
    std::size_t operator()(const Probe& probe) const { return probe.hash; }
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Order order;
    std::unordered_map<Probe, typename Order::iterator, HashOf> index;
  };
  struct Loaded {
    Result<Value> value;
    bool found = false;  // by somebody else's fetch, meanwhile
  };

  Shard& ShardOf(const Probe& probe) { return shards_[(probe.hash >> 48) % shard_count_]; }
  SteadyTime ExpiresAt(std::chrono::milliseconds ttl) {
    return clock_.SteadyNow() + Jittered(ttl, random_);
  }

  bool PutUntil(std::string_view key, Value value, SteadyTime expires, bool replace) {
    const SteadyTime now = clock_.SteadyNow();
    const Probe probe(key);
    Shard& shard = ShardOf(probe);
    const std::scoped_lock lock(shard.mutex);
    if (const auto found = shard.index.find(probe); found != shard.index.end()) {
      if (!replace && found->second->expires > now) return false;
      Remove(shard, found->second);
    } else if (shard.order.size() >= shard_limit_) {
      Remove(shard, std::prev(shard.order.end()));
      evictions_.Add();
    }
    shard.order.push_front({std::string(key), probe.hash, std::move(value), expires});
    shard.index.emplace(Probe(shard.order.front().key, probe.hash), shard.order.begin());
    entries_.Add(1);
    return true;
  }

  void Remove(Shard& shard, typename Order::iterator item) {
    shard.index.erase(Probe(item->key, item->hash));
    shard.order.erase(item);
    entries_.Add(-1);
  }

  Task<std::shared_ptr<const void>> Load(
      std::string key,
      Deadline deadline,
      std::move_only_function<Task<Result<Value>>(Deadline)>* fetch,
      Flights::Flight* flight) {
    if (auto found = Peek(key)) {
      co_return std::make_shared<const Loaded>(Loaded{*std::move(found), true});
    }
    auto fetched = co_await (*fetch)(deadline);
    if (fetched) flight->StoreNow([&] { Put(key, *fetched); });
    if (!fetched) statistics_.QueryFailed();
    co_return std::make_shared<const Loaded>(Loaded{std::move(fetched), false});
  }

  const LocalCacheOptions options_;
  const Clock& clock_;
  RandomSource& random_;
  Statistics statistics_;
  Gauge& entries_;
  Counter& evictions_;
  Flights flights_;
  const std::size_t shard_count_;
  const std::size_t shard_limit_;
  const std::unique_ptr<Shard[]> shards_;
};

}  // namespace vedette::cache
