// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/silence_tables.h"

#include <chrono>
#include <utility>

#include "services/monitor/columns.h"

namespace vedette::monitor {
namespace {

using db::Params;
using db::Row;
using db::Sql;

constexpr std::chrono::hours kShownAfterEnd(30 * 24);

constexpr Sql kInsertSilence{
    "monitor_insert_silence",
    "INSERT INTO monitor_silence (id, study_id, rule_id, site_id, subject_number, until, reason,"
    " created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
constexpr Sql kEndSilence{"monitor_end_silence",
                          "UPDATE monitor_silence SET ended_at = COALESCE(ended_at, $3),"
                          " ended_by = COALESCE(ended_by, $4) WHERE study_id = $1 AND id = $2"
                          " RETURNING id"};
constexpr Sql kReadSilences{
    "monitor_read_silences",
    "SELECT id, study_id, rule_id, site_id, subject_number, until, reason, created_by, created_at,"
    " ended_at FROM monitor_silence WHERE study_id = $1 AND until > $2"
    " ORDER BY created_at DESC, id LIMIT 1000"};

}  // namespace

Task<Status> InsertSilence(db::Transaction& transaction, Silence silence) {
  VEDETTE_CO_CHECK_OK(co_await transaction.Query(
      kInsertSilence,
      Params{BlobOf(silence.id), std::move(silence.study_id), std::move(silence.rule_id),
             std::move(silence.site_id), std::move(silence.subject_number),
             ToUnixMicros(silence.until), std::move(silence.reason), std::move(silence.created_by),
             ToUnixMicros(silence.created_at)}));
  co_return Status{};
}

Task<Result<Status>> EndSilence(db::Transaction& transaction, EndedSilence ended) {
  VEDETTE_CO_TRY(
      const auto rows,
      co_await transaction.Query(kEndSilence, Params{std::move(ended.study_id), BlobOf(ended.id),
                                                     ToUnixMicros(ended.at), std::move(ended.by)}));
  if (rows.empty()) co_return Status(Fail(Code::kNotFound, "The study has no such silence."));
  co_return Status{};
}

Task<Result<std::vector<Silence>>> ReadSilences(db::Database& database,
                                                Deadline deadline,
                                                std::string study_id,
                                                Timestamp now) {
  VEDETTE_CO_TRY(
      const auto rows,
      co_await database.Query(deadline, kReadSilences,
                              Params{std::move(study_id), ToUnixMicros(now - kShownAfterEnd)}));
  std::vector<Silence> silences;
  silences.reserve(rows.size());
  for (const Row& row : rows) {
    silences.push_back({.id = ReadUuid(row, 0),
                        .study_id = row.Text(1),
                        .rule_id = row.Text(2),
                        .site_id = row.Text(3),
                        .subject_number = row.Text(4),
                        .until = FromUnixMicros(row.Int(5)),
                        .reason = row.Text(6),
                        .created_by = row.Text(7),
                        .created_at = FromUnixMicros(row.Int(8)),
                        .ended_at = TimeOrNone(row, 9)});
  }
  co_return silences;
}

}  // namespace vedette::monitor
