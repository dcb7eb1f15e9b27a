// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/history.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "rules/clinical/observation.h"
#include "services/monitor/columns.h"
#include "services/monitor/hashing.h"
#include "services/monitor/prepare.h"

namespace vedette::monitor {
namespace {

using db::Params;
using db::Row;
using db::Sql;

constexpr std::int64_t kSequencesAtOnce = 20'000;
constexpr std::chrono::seconds kReadTimeout(30);
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint32_t kWithdrawn = 8;

constexpr Sql kTop{"monitor_history_top",
                   "SELECT COALESCE(MAX(sequence), 0), (SELECT CAST(COALESCE(SUM(events), 0) AS"
                   " BIGINT) FROM monitor_site_count WHERE study_id = $1) FROM monitor_event"};
// $4 is "", or the items as "|ALT|AST|".
constexpr Sql kRead{
    "monitor_history_read",
    "SELECT subject_number, site_id, item, key_hash, record_key, row_key, event_time, received_at,"
    " number, comparator, text_value, absent_reason, range_low, range_high, withdrawn"
    " FROM monitor_event WHERE sequence > $1 AND sequence <= $2 AND study_id = $3"
    " AND ($4 = '' OR replace($4, '|' || item || '|', '') <> $4) ORDER BY sequence"};

// The numbers of what was sent before.
struct Dictionary {
  StringMap<std::uint32_t> numbers;
  std::uint32_t Number(const std::string& text, bool* is_new) {
    const auto [found, added] =
        numbers.try_emplace(text, static_cast<std::uint32_t>(numbers.size()));
    *is_new = added;
    return found->second;
  }
};

std::uint32_t FlagsOf(const ObservedValue& value, bool withdrawn) {
  std::uint32_t flags = withdrawn ? kWithdrawn : 0;
  if (const auto* number = std::get_if<NumberValue>(&value)) {
    if (number->comparator == Comparator::kLess) flags |= rules::Observation::kBelow;
    if (number->comparator == Comparator::kGreater) flags |= rules::Observation::kAbove;
  } else if (std::holds_alternative<AbsentValue>(value)) {
    flags |= rules::Observation::kAbsent;
  }
  return flags;
}

// Fills columns; those that hold nothing in the whole chunk are left out.
class ChunkBuilder {
 public:
  ChunkBuilder(Dictionary& subjects, Dictionary& items) : subjects_(subjects), items_(items) {}

  void Add(const Row& row) {
    bool is_new = false;
    chunk_.add_subject(subjects_.Number(row.Text(0), &is_new));
    if (is_new) {
      chunk_.add_new_subjects(row.Text(0));
      chunk_.add_new_sites(row.Text(1));
    }
    chunk_.add_item(items_.Number(row.Text(2), &is_new));
    if (is_new) chunk_.add_new_items(row.Text(2));
    chunk_.add_key(RecordKey(ReadShortHash(row, row.IsNull(4) ? 3 : 4)));
    const std::uint64_t row_key = row.IsNull(5) ? 0 : RowKey(row.Text(5));
    chunk_.add_row(row_key);
    any_row_ = any_row_ || row_key != 0;
    chunk_.add_time(row.Int(6));
    chunk_.add_received(row.Int(7));
    const ObservedValue value = ReadValue(row, 8);
    const auto* number = std::get_if<NumberValue>(&value);
    chunk_.add_number(number == nullptr ? kNoNumber : number->number);
    if (const auto* text = std::get_if<TextValue>(&value)) {
      v1::TextAt& at = *chunk_.add_texts();
      at.set_index(static_cast<std::uint32_t>(chunk_.subject_size() - 1));
      at.set_text(text->text);
    }
    const std::uint32_t flags = FlagsOf(value, !row.IsNull(14));
    chunk_.add_flags(flags);
    any_flag_ = any_flag_ || flags != 0;
    chunk_.add_range_low(RealOrNone(row, 12).value_or(kNoNumber));
    chunk_.add_range_high(RealOrNone(row, 13).value_or(kNoNumber));
    any_range_ = any_range_ || !row.IsNull(12) || !row.IsNull(13);
  }

  v1::HistoryChunk Take() {
    if (!any_row_) chunk_.clear_row();
    if (!any_flag_) chunk_.clear_flags();
    if (!any_range_) {
      chunk_.clear_range_low();
      chunk_.clear_range_high();
    }
    return std::move(chunk_);
  }

 private:
  Dictionary& subjects_;
  Dictionary& items_;
  v1::HistoryChunk chunk_;
  bool any_row_ = false;
  bool any_flag_ = false;
  bool any_range_ = false;
};

}  // namespace

Task<Status> SendHistory(db::Database& database,
                         const Clock& clock,
                         std::string study_id,
                         std::vector<std::string> items,
                         HistorySink& sink) {
  const auto soon = [&] { return Deadline::After(clock, kReadTimeout); };
  std::string wanted;
  for (const std::string& item : items) wanted.append("|").append(item);
  if (!wanted.empty()) wanted.append("|");
  VEDETTE_CO_TRY(const auto top, co_await database.Query(soon(), kTop, Params{study_id}));
  const std::int64_t last = top[0].Int(0);
  const std::int64_t total = items.empty() ? top[0].Int(1) : 0;
  Dictionary subjects;
  Dictionary codes;
  bool first = true;
  for (std::int64_t begin = 0; begin < last; begin += kSequencesAtOnce) {
    const std::int64_t end = std::min(begin + kSequencesAtOnce, last);
    VEDETTE_CO_TRY(const auto rows,
                   co_await database.Query(soon(), kRead, Params{begin, end, study_id, wanted}));
    if (rows.empty()) continue;
    ChunkBuilder builder(subjects, codes);
    for (const Row& row : rows) builder.Add(row);
    v1::HistoryChunk chunk = builder.Take();
    if (first) chunk.set_total(total);
    first = false;
    if (!co_await sink.Write(std::move(chunk))) co_return Status{};
  }
  co_return Status{};
}

}  // namespace vedette::monitor
