// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "kit/db/session_database.h"
#include "kit/task/runtime.h"

namespace vedette::db {

struct PostgresOptions {
  std::string url;      // postgres://… or postgresql://…; may hold a password
  std::string service;  // names the schema and labels the metrics
  std::size_t pool_size = 4;
  std::size_t queue_limit = 1024;  // statements and transactions that may wait for a connection
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds cancel_grace{1000};  // then the connection is closed
  Timeouts timeouts;
  Governance governance;
};

// A pool of connections, made when first needed, each on one executor of the runtime. Makes the
// schema if it is absent, so the server must be there; later it may go and come back.
// Close() must have ended before destruction.
Task<Result<std::unique_ptr<Database>>> OpenPostgres(PostgresOptions options,
                                                     Runtime& runtime,
                                                     Logger logger,
                                                     MetricsRegistry* registry);

}  // namespace vedette::db
