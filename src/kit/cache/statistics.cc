// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/statistics.h"

#include <utility>

namespace vedette::cache {

Statistics::Statistics(std::string name, MetricsRegistry& metrics)
    : name_(std::move(name)),
      hits_(metrics.GetCounter("vedette_cache_hits_total",
                               "Reads that the cache answered, by cache.",
                               {{"cache", name_}})),
      misses_(metrics.GetCounter("vedette_cache_misses_total",
                                 "Reads that the cache could not answer, by cache.",
                                 {{"cache", name_}})),
      query_failures_(metrics.GetCounter("vedette_cache_query_failures_total",
                                         "Failed reads of the source behind the cache, by cache.",
                                         {{"cache", name_}})),
      store_failures_(metrics.GetCounter("vedette_cache_store_failures_total",
                                         "Failed calls of the store that holds a cache, by cache.",
                                         {{"cache", name_}})),
      corrupt_entries_(metrics.GetCounter("vedette_cache_corrupt_entries_total",
                                          "Entries that could not be read, by cache.",
                                          {{"cache", name_}})) {}

CacheSnapshot Statistics::Snapshot() const {
  return {.name = name_,
          .hits = hits_.Value(),
          .misses = misses_.Value(),
          .query_failures = query_failures_.Value(),
          .store_failures = store_failures_.Value(),
          .corrupt_entries = corrupt_entries_.Value()};
}

}  // namespace vedette::cache
