// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "kit/db/session_database.h"

namespace vedette::db {

struct SqliteOptions {
  std::string path;     // made with mode 0600 if absent; its folder must exist
  std::string service;  // label of the metrics
  std::size_t readers = 2;
  std::size_t queue_limit = 1024;  // writers that may wait, and readers that may wait
  std::chrono::milliseconds busy_timeout{5000};
  std::int64_t reader_cache_kib = 2048;  // of each connection
  // Taken only as it is filled. A transaction that changes more pages than fit spills them to the
  // log and reads them back, which makes a bulk load several times slower.
  std::int64_t writer_cache_kib = 64 * 1024;
  Timeouts timeouts;
  Governance governance;
};

// One writer thread and a few reader threads, started when first needed, each with its connection.
// WAL, synchronous=FULL. Without Close(), the destructor waits for what runs.
Result<std::unique_ptr<Database>> OpenSqlite(SqliteOptions options, MetricsRegistry* registry);

}  // namespace vedette::db
