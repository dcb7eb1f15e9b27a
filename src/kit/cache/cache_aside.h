// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "kit/cache/cache.h"
#include "kit/cache/codec.h"
#include "kit/cache/envelope.h"
#include "kit/cache/expiry.h"
#include "kit/cache/statistics.h"

namespace vedette::cache {

// Reads through a cache: what is not in the store is queried once, however many ask, and stored;
// that there is nothing (kNotFound) is stored too, for a short time. The store failing is an error
// and the source is not asked, unless the options say so. Entries that cannot be read are deleted
// and queried again. Writers: Cache::BeginInvalidation. Thread-safe.
template <class T>
class CacheAside {
 public:
  using Query = std::move_only_function<Task<Result<T>>(Deadline)>;
  using StoringQuery = std::move_only_function<Task<Result<T>>(Deadline, Flights::Flight& flight)>;

  // `name` is a literal such as "trial_items" that no other cache of the process has: it begins
  // the keys and labels the metrics. Change it when the encoding changes.
  CacheAside(std::string name, Cache& cache, Codec<T> codec)
      : statistics_(std::move(name), cache.metrics()), cache_(cache), codec_(std::move(codec)) {}

  // The store's key of `id`.
  std::string KeyOf(const std::string& id) const { return statistics_.name() + ":" + id; }

  // kUnavailable when the store is away, kResourceExhausted when it is and too many query already;
  // otherwise the error of `query`, which everybody who waited for it gets.
  Task<Result<T>> Take(std::string id, Deadline deadline, Query query) {
    std::string key = KeyOf(id);
    if (auto cached = Peek(key)) co_return *std::move(cached);
    co_return co_await Fetch(
        std::move(key), deadline,
        [query = std::move(query)](Deadline own, Flights::Flight&) mutable { return query(own); });
  }
  // The same for a query that also puts what it read elsewhere, if flight.MayStore() says so.
  Task<Result<T>> TakeStoring(std::string id, Deadline deadline, StoringQuery query) {
    std::string key = KeyOf(id);
    if (auto cached = Peek(key)) co_return *std::move(cached);
    co_return co_await Fetch(std::move(key), deadline, std::move(query));
  }

  // What is cached, without asking the source: nothing, a value, or kNotFound; kInternal when the
  // entry could not be read, which is then gone.
  Task<Result<std::optional<T>>> Get(std::string id, Deadline deadline) {
    const std::string key = KeyOf(id);
    auto entry = co_await cache_.store().Get(cache_.StoreDeadline(deadline), key);
    if (!entry) {
      statistics_.StoreFailed();
      statistics_.Miss();
      co_return Away();
    }
    if (*entry == nullptr) {
      statistics_.Miss();
      co_return std::optional<T>();
    }
    auto read = Read(**entry);
    if (!read) {
      statistics_.Miss();
      co_await DropCorrupt(key, deadline);
      co_return Fail(Code::kInternal, "A cached entry could not be read.");
    }
    statistics_.Hit();
    if (!*read) co_return std::unexpected((*std::move(read)).error());
    co_return std::optional<T>(**std::move(read));
  }

  // For `ttl` ± 5 %, which is positive. kInvalidArgument, or the error of encoding or storing.
  Task<Status> Put(std::string id, T value, std::chrono::milliseconds ttl, Deadline deadline) {
    if (ttl <= std::chrono::milliseconds(0)) {
      co_return FailField("ttl", "must be positive");
    }
    VEDETTE_CO_TRY(const std::string bytes, codec_.encode(value));
    auto set = co_await cache_.store().Set(cache_.StoreDeadline(deadline), KeyOf(id),
                                           ValueEntry(bytes), Jittered(ttl, cache_.random()));
    if (!set) statistics_.StoreFailed();
    co_return set;
  }
  Task<Status> Put(std::string id, T value, Deadline deadline) {
    return Put(std::move(id), std::move(value), cache_.options().ttl, deadline);
  }

  CacheSnapshot Snapshot() const { return statistics_.Snapshot(); }
  const CacheOptions& options() const { return cache_.options(); }

 private:
  struct Loaded {
    Result<T> result;
    bool was_cached = false;
  };

  static bool IsAnswer(const Result<T>& result) {
    return result || result.error().code == Code::kNotFound;
  }
  static std::unexpected<Error> Away() {
    return Fail(Error{.code = Code::kUnavailable,
                      .message = "The cache is away; try again.",
                      .retry_after = std::chrono::seconds(1)});
  }
  static std::shared_ptr<const void> Landed(Result<T> result, bool was_cached) {
    return std::make_shared<const Loaded>(Loaded{std::move(result), was_cached});
  }

  // What can be had without waiting, counted.
  std::optional<Result<T>> Peek(const std::string& key) {
    const Entry entry = cache_.store().Peek(key);
    if (!entry) return std::nullopt;
    auto read = Read(*entry);
    if (read) statistics_.Hit();
    return read;
  }

  Task<Result<T>> Fetch(std::string key, Deadline deadline, StoringQuery query) {
    auto landing = co_await cache_.flights().Join(
        key, deadline,
        [this, key, query = std::move(query)](Deadline own, Flights::Flight& flight) mutable {
          return Load(key, own, &query, &flight);
        });
    if (!landing) {
      statistics_.Miss();
      co_return std::unexpected(std::move(landing).error());
    }
    const Loaded& loaded = *static_cast<const Loaded*>(landing->outcome.get());
    loaded.was_cached || (!landing->fresh && IsAnswer(loaded.result)) ? statistics_.Hit()
                                                                      : statistics_.Miss();
    co_return loaded.result;
  }

  // Absent when the entry is corrupt.
  std::optional<Result<T>> Read(const std::string& entry) const {
    const OpenedEntry opened = OpenEntry(entry);
    if (opened.kind == EntryKind::kNotFound) {
      return Fail(Code::kNotFound, std::string(opened.body));
    }
    if (opened.kind == EntryKind::kCorrupt) return std::nullopt;
    auto value = codec_.decode(opened.body);
    if (!value) return std::nullopt;
    return value;
  }

  Task<void> DropCorrupt(std::string key, Deadline deadline) {
    statistics_.Corrupt();
    cache_.logger().Warning("a cached entry could not be read", {{"cache", statistics_.name()}});
    std::vector<std::string> keys;
    keys.push_back(std::move(key));
    const auto deleted =
        co_await cache_.store().Delete(cache_.StoreDeadline(deadline), std::move(keys));
    if (!deleted) statistics_.StoreFailed();
  }

  Task<std::shared_ptr<const void>> Load(std::string key,
                                         Deadline deadline,
                                         StoringQuery* query,
                                         Flights::Flight* flight) {
    auto entry = co_await cache_.store().Get(cache_.StoreDeadline(deadline), key);
    if (!entry) {
      statistics_.StoreFailed();
      co_return Landed(co_await LoadWhenAway(deadline, query, flight), false);
    }
    if (*entry != nullptr) {
      if (auto read = Read(**entry)) co_return Landed(*std::move(read), true);
      co_await DropCorrupt(key, deadline);
    }
    auto result = co_await (*query)(deadline, *flight);
    if (IsAnswer(result)) {
      co_await Store(std::move(key), deadline, &result, flight);
    } else {
      statistics_.QueryFailed();
    }
    co_return Landed(std::move(result), false);
  }

  Task<Result<T>> LoadWhenAway(Deadline deadline, StoringQuery* query, Flights::Flight* flight) {
    if (!cache_.options().query_when_cache_is_away) co_return Away();
    const auto permit = cache_.TryQueryWhenAway();
    if (!permit) {
      co_return Fail(Error{.code = Code::kResourceExhausted,
                           .message = "The cache is away and too many ask its source; try again.",
                           .retry_after = std::chrono::seconds(1)});
    }
    auto result = co_await (*query)(deadline, *flight);
    if (!IsAnswer(result)) statistics_.QueryFailed();
    co_return result;
  }

  // A value that cannot be stored is given to the callers all the same.
  Task<void> Store(std::string key,
                   Deadline deadline,
                   const Result<T>* result,
                   Flights::Flight* flight) {
    const CacheOptions& options = cache_.options();
    Result<std::string> bytes = *result ? codec_.encode(**result) : Result<std::string>();
    if (!bytes) {
      cache_.logger().Error("a value could not be encoded for the cache",
                            {{"cache", statistics_.name()}});
      co_return;
    }
    if (!flight->MayStore()) co_return;
    const Deadline own = cache_.StoreDeadline(deadline);
    bool stored = false;
    if (*result) {
      const auto set = co_await cache_.store().Set(own, std::move(key), ValueEntry(*bytes),
                                                   Jittered(options.ttl, cache_.random()));
      stored = set.has_value();
    } else {
      // What somebody has written meanwhile is newer than the query that found nothing.
      const auto set = co_await cache_.store().SetIfAbsent(
          own, std::move(key), NotFoundEntry(result->error().message),
          Jittered(options.not_found_ttl, cache_.random()));
      stored = set.has_value();
    }
    if (!stored) statistics_.StoreFailed();
  }

  Statistics statistics_;
  Cache& cache_;
  const Codec<T> codec_;
};

}  // namespace vedette::cache
