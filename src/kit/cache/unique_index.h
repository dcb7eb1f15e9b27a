// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kit/cache/cache_aside.h"

namespace vedette::cache {

template <class PrimaryKey, class Row>
struct IndexQueries {
  // By the unique index: the row with its primary key.
  std::move_only_function<Task<Result<std::pair<PrimaryKey, Row>>>(Deadline)> by_index;
  std::move_only_function<Task<Result<Row>>(Deadline, PrimaryKey)> by_primary_key;
  // The id of a row in its cache.
  std::function<std::string(const PrimaryKey&)> id_of;
};

namespace internal {

template <class PrimaryKey, class Row>
Task<Result<PrimaryKey>> QueryIndex(CacheAside<Row>* rows,
                                    std::shared_ptr<IndexQueries<PrimaryKey, Row>> queries,
                                    std::shared_ptr<std::optional<Row>> found,
                                    Deadline deadline,
                                    Flights::Flight* flight) {
  VEDETTE_CO_TRY(auto answer, co_await queries->by_index(deadline));
  // So long that with any jitter the row outlives the index that leads to it.
  const auto ttl = rows->options().ttl * 21 / 19 + std::chrono::seconds(6);
  // Not when a write came meanwhile: it deletes the index too, which forgets this flight. A row
  // that is not cached is queried when it is asked for.
  if (flight->MayStore()) {
    static_cast<void>(
        co_await rows->Put(queries->id_of(answer.first), answer.second, ttl, deadline));
  }
  found->emplace(std::move(answer.second));
  co_return std::move(answer.first);
}

}  // namespace internal

// The row that a unique value leads to. `index` caches the value's primary key, `rows` the row, so
// a row is cached once however many indexes lead to it. A write invalidates the row's key together
// with those of all its unique values, old and new.
template <class PrimaryKey, class Row>
Task<Result<Row>> TakeByIndex(CacheAside<PrimaryKey>& index,
                              CacheAside<Row>& rows,
                              std::string value,
                              Deadline deadline,
                              IndexQueries<PrimaryKey, Row> queries) {
  const auto shared = std::make_shared<IndexQueries<PrimaryKey, Row>>(std::move(queries));
  const auto found = std::make_shared<std::optional<Row>>();
  VEDETTE_CO_TRY(PrimaryKey key, co_await index.TakeStoring(
                                     std::move(value), deadline,
                                     [&rows, shared, found](Deadline own, Flights::Flight& flight) {
                                       return internal::QueryIndex<PrimaryKey, Row>(
                                           &rows, shared, found, own, &flight);
                                     }));
  if (*found) co_return std::move(**found);
  std::string id = shared->id_of(key);
  co_return co_await rows.Take(
      std::move(id), deadline,
      [shared, key = std::move(key)](Deadline own) { return shared->by_primary_key(own, key); });
}

}  // namespace vedette::cache
