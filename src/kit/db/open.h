// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/db/governor.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"

namespace vedette::db {

struct DatabaseConfig {
  std::string url = "sqlite:./data";
  std::int64_t pool_size = 4;
  std::int64_t queue_limit = 1024;
  std::chrono::milliseconds acquire_timeout{5000};
  std::chrono::milliseconds statement_timeout{30000};
  std::chrono::milliseconds slow_statement{500};
  BreakerOptions breaker = DatabaseBreaker();

  void Describe(config::Section& section) {
    section.Field(
        "url", url,
        {.text = "sqlite:FOLDER, one file per service in it, or "
                 "postgres://user@host/database, one schema per service. A password comes "
                 "from PGPASSWORD or as ${NAME} from the environment."});
    section.Field("pool_size", pool_size,
                  {.text = "Connections of one service: of PostgreSQL, or SQLite's readers.",
                   .minimum = 1,
                   .maximum = 100});
    section.Field("queue_limit", queue_limit,
                  {.text = "Statements that may wait for a connection before more are refused.",
                   .minimum = 1,
                   .maximum = 1e6});
    section.Field("acquire_timeout", acquire_timeout,
                  {.text = "Longest wait for a connection.", .minimum = 1, .maximum = 600'000});
    section.Field("statement_timeout", statement_timeout,
                  {.text = "Longest statement or transaction of a call without a deadline.",
                   .minimum = 1,
                   .maximum = 3'600'000});
    section.Field("slow_statement", slow_statement,
                  {.text = "Statements that take longer are counted and shown on the status page.",
                   .minimum = 1,
                   .maximum = 600'000});
    section.Nested("breaker", breaker, "When calls are refused because the database is away.");
  }
};

// The database of one service, named in lower-case letters, digits and _. kInvalidArgument for a
// URL that is none, kUnavailable when the file or the server cannot be had. `runtime`, `metrics`
// and `tracer` (null: no spans) outlive it; Close() it before its destruction.
Task<Result<std::unique_ptr<Database>>> Open(DatabaseConfig config,
                                             std::string service,
                                             Runtime& runtime,
                                             Logger logger,
                                             MetricsRegistry& metrics,
                                             Tracer* tracer = nullptr);

}  // namespace vedette::db
