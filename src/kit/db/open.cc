// SPDX-License-Identifier: Apache-2.0
#include "kit/db/open.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "kit/db/postgres_database.h"
#include "kit/db/sqlite_database.h"

namespace vedette::db {
namespace {

bool IsServiceName(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= 50 && lower(name.front()) &&
         std::ranges::all_of(
             name, [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

// ${NAME} → the environment's value.
Result<std::string> Expand(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("${");
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) {
      return Fail(Code::kInvalidArgument, "The database URL has a ${ without }.");
    }
    const std::string name(text.substr(begin + 2, end - begin - 2));
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return Fail(Code::kInvalidArgument, "The database URL names the environment variable " +
                                              name + ", which is not set.");
    }
    out += value;
    text.remove_prefix(end + 1);
  }
}

Result<std::unique_ptr<Database>> OpenFile(const DatabaseConfig& config,
                                           const std::string& folder,
                                           const std::string& service,
                                           MetricsRegistry& metrics,
                                           Tracer* tracer) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  if (error) return Fail(Code::kUnavailable, "The folder cannot be made: " + folder);
  SqliteOptions options;
  options.path = (fs::path(folder) / (service + ".db")).string();
  options.service = service;
  // A thread each, and the readers of one file are rarely the limit.
  options.readers = static_cast<std::size_t>(std::min<std::int64_t>(config.pool_size, 4));
  options.queue_limit = static_cast<std::size_t>(config.queue_limit);
  options.timeouts = {config.acquire_timeout, config.statement_timeout};
  options.governance = {config.breaker, config.slow_statement, tracer, "sqlite"};
  return OpenSqlite(std::move(options), &metrics);
}

}  // namespace

Task<Result<std::unique_ptr<Database>>> Open(DatabaseConfig config,
                                             std::string service,
                                             Runtime& runtime,
                                             Logger logger,
                                             MetricsRegistry& metrics,
                                             Tracer* tracer) {
  if (!IsServiceName(service)) {
    co_return Fail(Code::kInvalidArgument, "Not a service name: " + service);
  }
  VEDETTE_CO_TRY(const std::string url, Expand(config.url));
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
    co_return OpenFile(config, url.substr(kSqlite.size()), service, metrics, tracer);
  }
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) {
    PostgresOptions options;
    options.url = url;
    options.service = service;
    options.pool_size = static_cast<std::size_t>(config.pool_size);
    options.queue_limit = static_cast<std::size_t>(config.queue_limit);
    options.timeouts = {config.acquire_timeout, config.statement_timeout};
    options.governance = {config.breaker, config.slow_statement, tracer, "postgresql"};
    co_return co_await OpenPostgres(std::move(options), runtime, std::move(logger), &metrics);
  }
  co_return Fail(Code::kInvalidArgument, "A database URL begins with sqlite: or postgres://.");
}

}  // namespace vedette::db
