// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/cache.h"

#include <utility>

#include "kit/cache/local_cache.h"
#include "kit/config/section.h"

namespace vedette::cache {
namespace {

constexpr double kDay = 86'400'000;

}  // namespace

void CacheOptions::Describe(config::Section& section) {
  section.Field("ttl", ttl,
                {.text = "How long a value is cached, give or take 5 %.",
                 .minimum = 1,
                 .maximum = 90 * kDay});
  section.Field("not_found_ttl", not_found_ttl,
                {.text = "How long it is cached that something is not there.",
                 .minimum = 1,
                 .maximum = kDay});
  section.Field("fetch_timeout", fetch_timeout,
                {.text = "Longest wait for what is not cached.", .minimum = 1, .maximum = 600'000});
  section.Field(
      "store_timeout", store_timeout,
      {.text = "Longest call of the store that holds the cache.", .minimum = 1, .maximum = 60'000});
  section.Field("second_delete_after", second_delete_after,
                {.text = "Time from a write to the second delete of what it made old; 0 for none.",
                 .minimum = 0,
                 .maximum = 600'000});
  section.Field("query_when_cache_is_away", query_when_cache_is_away,
                {.text = "Whether the source is asked when the cache cannot be."});
  section.Field(
      "queries_when_away_limit", queries_when_away_limit,
      {.text = "Queries at a time while the cache is away.", .minimum = 1, .maximum = 10'000});
  section.Field("pending_deletes_limit", pending_deletes_limit,
                {.text = "Deletes that may wait to be tried again.", .minimum = 1, .maximum = 1e6});
}

void LocalCacheOptions::Describe(config::Section& section) {
  section.Field(
      "limit", limit,
      {.text = "Entries; beyond it the least recently used goes.", .minimum = 1, .maximum = 1e8});
  section.Field(
      "ttl", ttl,
      {.text = "How long a value is kept, give or take 5 %.", .minimum = 1, .maximum = 90 * kDay});
  section.Field("fetch_timeout", fetch_timeout,
                {.text = "Longest wait for what is not there.", .minimum = 1, .maximum = 600'000});
}

Cache::Cache(std::string name,
             CacheOptions options,
             CacheStore& store,
             RandomSource& random,
             Sleeper& sleeper,
             MetricsRegistry& metrics,
             Logger logger)
    : options_(options),
      store_(store),
      random_(random),
      metrics_(metrics),
      logger_(logger),
      flights_("cache " + name, options.fetch_timeout, logger),
      deletions_(name,
                 {.store_timeout = options.store_timeout,
                  .second_delete_after = options.second_delete_after,
                  .limit = static_cast<std::size_t>(options.pending_deletes_limit)},
                 store,
                 flights_,
                 sleeper,
                 metrics,
                 logger) {}

Task<Invalidation> Cache::BeginInvalidation(std::vector<std::string> keys) {
  return deletions_.Begin(std::move(keys));
}

Task<void> Cache::Close() {
  co_await flights_.Close();
  co_await deletions_.Close();
}

Cache::Permit Cache::TryQueryWhenAway() {
  Permit permit(&querying_when_away_, [](std::atomic<std::int64_t>* count) { --*count; });
  const bool allowed = ++querying_when_away_ <= options_.queries_when_away_limit;
  if (!allowed) permit.reset();
  return permit;
}

}  // namespace vedette::cache
