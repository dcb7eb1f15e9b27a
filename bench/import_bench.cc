// SPDX-License-Identifier: Apache-2.0
// `vedette import` of a findings file, with a rule on, against the database's own bulk load of the
// same rows into a table with the same indexes: COPY for PostgreSQL, one transaction of a prepared
// INSERT for SQLite.
#include <libpq-fe.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "system_load.h"

namespace vedette::bench {
namespace {

constexpr int kRows = 200'000;
constexpr int kSubjects = 500;

using SteadyClock = std::chrono::steady_clock;

double Since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// In the order of SDTM files: by subject, then by sequence.
std::filesystem::path WriteFile(const std::filesystem::path& folder) {
  const auto path = folder / "vs.csv";
  std::ofstream file(path);
  file << "STUDYID,DOMAIN,USUBJID,VSSEQ,VSTESTCD,VSSTRESC,VSSTRESN,VSSTRESU,VSSTAT,VSDTC\n";
  char line[128];
  for (int row = 0; row < kRows; ++row) {
    const int value = row % 50 == 0 ? 152 : 100 + row % 40;
    std::snprintf(line, sizeof line, "LOAD,VS,S-%04d,%d,%s,%d,%d,mmHg,,2026-%02d-%02dT%02d:%02d\n",
                  row / (kRows / kSubjects) + 1, row, row % 2 == 0 ? "SYSBP" : "DIABP", value,
                  value, 1 + row / 28 % 12, 1 + row % 28, row % 24, row % 60);
    file << line;
  }
  return path;
}

// COPY the log out, then into an empty table like it; the seconds of the latter.
double CopyInto(const std::string& url) {
  PGconn* connection = PQconnectdb(url.c_str());
  PQclear(PQexec(connection, "SET search_path = monitor"));
  PQclear(PQexec(connection, "CREATE TABLE load_copy (LIKE monitor_event INCLUDING ALL)"));
  std::vector<std::string> chunks;
  PQclear(PQexec(connection, "COPY monitor_event TO STDOUT (FORMAT binary)"));
  char* data = nullptr;
  int size = 0;
  while ((size = PQgetCopyData(connection, &data, 0)) > 0) {
    chunks.emplace_back(data, static_cast<std::size_t>(size));
    PQfreemem(data);
  }
  PQclear(PQgetResult(connection));
  const auto start = SteadyClock::now();
  PQclear(PQexec(connection, "COPY load_copy FROM STDIN (FORMAT binary)"));
  for (const std::string& chunk : chunks) {
    PQputCopyData(connection, chunk.data(), static_cast<int>(chunk.size()));
  }
  PQputCopyEnd(connection, nullptr);
  PGresult* result = PQgetResult(connection);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) std::printf("%s", PQerrorMessage(connection));
  const double seconds = Since(start);
  PQclear(result);
  PQfinish(connection);
  return seconds;
}

// Reads the log into memory, then inserts it into a new file with the same table; the seconds of
// that.
double InsertInto(const std::filesystem::path& file, const std::filesystem::path& copy) {
  sqlite3* from = nullptr;
  sqlite3* to = nullptr;
  sqlite3_open(file.c_str(), &from);
  sqlite3_open(copy.c_str(), &to);
  sqlite3_exec(to, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", nullptr, nullptr, nullptr);
  sqlite3_stmt* read = nullptr;
  sqlite3_prepare_v2(
      from,
      "SELECT sql FROM sqlite_master WHERE tbl_name = 'monitor_event' AND sql IS NOT "
      "NULL AND type IN ('table', 'index') ORDER BY type DESC",
      -1, &read, nullptr);
  while (sqlite3_step(read) == SQLITE_ROW) {
    sqlite3_exec(to, reinterpret_cast<const char*>(sqlite3_column_text(read, 0)), nullptr, nullptr,
                 nullptr);
  }
  sqlite3_finalize(read);
  sqlite3_prepare_v2(from, "SELECT * FROM monitor_event", -1, &read, nullptr);
  const int columns = sqlite3_column_count(read);
  std::vector<sqlite3_value*> values;
  while (sqlite3_step(read) == SQLITE_ROW) {
    for (int i = 0; i < columns; ++i)
      values.push_back(sqlite3_value_dup(sqlite3_column_value(read, i)));
  }
  std::string sql = "INSERT INTO monitor_event VALUES (?";
  for (int i = 1; i < columns; ++i) sql += ",?";
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(to, (sql + ")").c_str(), -1, &insert, nullptr);
  const auto start = SteadyClock::now();
  sqlite3_exec(to, "BEGIN", nullptr, nullptr, nullptr);
  for (std::size_t at = 0; at < values.size(); at += static_cast<std::size_t>(columns)) {
    for (int i = 0; i < columns; ++i)
      sqlite3_bind_value(insert, i + 1, values[at + static_cast<std::size_t>(i)]);
    sqlite3_step(insert);
    sqlite3_reset(insert);
  }
  sqlite3_exec(to, "COMMIT", nullptr, nullptr, nullptr);
  const double seconds = Since(start);
  for (sqlite3_value* value : values) sqlite3_value_free(value);
  sqlite3_finalize(read);
  sqlite3_finalize(insert);
  sqlite3_close(from);
  sqlite3_close(to);
  return seconds;
}

void Measure(const char* name, system_test::Shape shape) {
  std::vector<double> imported;
  std::vector<double> loaded;
  for (int round = 0; round < 3; ++round) {
    system_test::System system(shape);
    system.Start();
    SetUpLoadStudy(system, kSubjects);
    const auto file = WriteFile(system.folder());
    const auto start = SteadyClock::now();
    const auto outcome = system.Command({"import", "--study", "LOAD", file.string()});
    imported.push_back(kRows / Since(start));
    if (outcome.code != 0) std::printf("%s\n", outcome.output.c_str());
    loaded.push_back(kRows / (shape == system_test::Shape::kSingleSqlite
                                  ? InsertInto(system.folder() / "all" / "monitor.db",
                                               system.folder() / "copy.db")
                                  : CopyInto(system.database_url())));
  }
  std::printf("%s: import %.0f rows/s, the database's own bulk load %.0f rows/s: ratio %.2f\n",
              name, Median(imported), Median(loaded), Median(imported) / Median(loaded));
}

}  // namespace
}  // namespace vedette::bench

int main() {
  vedette::bench::Measure("SQLite", vedette::system_test::Shape::kSingleSqlite);
  vedette::bench::Measure("PostgreSQL", vedette::system_test::Shape::kSinglePostgres);
}
