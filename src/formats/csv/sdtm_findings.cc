// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/sdtm_findings.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/csv/block_of.h"
#include "formats/csv/number.h"

namespace vedette::formats::csv {
namespace {

enum Position : std::size_t {
  kSubject,
  kDomain,
  kSequence,
  kTest,
  kTime,
  kNumber,
  kText,
  kUnit,
  kRequiredCount
};

constexpr std::string_view kNotDone = "NOT DONE";

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// "<3.42": the limit and the number.
bool ReadLimit(std::string_view text, char& comparator, double& number) {
  if (text.size() < 2 || (text[0] != '<' && text[0] != '>')) return false;
  std::string_view digits = text.substr(1);
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  if (!ReadNumber(digits, number)) return false;
  comparator = text[0];
  return true;
}

void ReadLimitOfRange(std::string_view text, double& limit) {
  double number = 0;
  if (ReadNumber(text, number)) limit = number;
}

class FindingsSource final : public DataSource {
 public:
  FindingsSource(RowReader reader,
                 std::vector<std::string> names,
                 std::vector<std::size_t> positions,
                 std::optional<std::size_t> status,
                 std::optional<std::size_t> reason,
                 std::optional<std::size_t> range_low,
                 std::optional<std::size_t> range_high)
      : reader_(std::move(reader)),
        names_(std::move(names)),
        positions_(std::move(positions)),
        status_(status),
        reason_(reason),
        range_low_(range_low),
        range_high_(range_high) {}

  Result<bool> NextBatch(ObservationBatch& batch) override {
    RowBlock& block = BlockOf(batch);
    VEDETTE_TRY(const bool more, reader_.Next(block));
    if (!more) return false;
    batch.rejects = block.rejects();
    const std::size_t syntax_rejects = batch.rejects.size();
    batch.rows = block.size() + syntax_rejects;
    batch.observations.reserve(block.size());
    for (std::size_t row = 0; row < block.size(); ++row) {
      Observation& observation = batch.observations.emplace_back();
      observation.line = block.LineOf(row);
      RowReject reject;
      if (Read(block[row], batch.arena, observation, reject)) continue;
      reject.line = observation.line;
      reject.key = observation.idempotency_key;
      batch.rejects.push_back(std::move(reject));
      batch.observations.pop_back();
    }
    SortRejects(batch.rejects, syntax_rejects);
    return true;
  }

  SourceProgress progress() const override { return reader_.progress(); }

  std::string ColumnOf(std::string_view field, const Observation& observation) const override {
    switch (FindObservationField(field)) {
      case ObservationField::kSubject:
        return names_[kSubject];
      case ObservationField::kItem:
        return names_[kTest];
      case ObservationField::kValue:
        if (observation.kind == ValueKind::kAbsent) return StatusName();
        return names_[observation.kind == ValueKind::kNumber && observation.comparator == 0
                          ? kNumber
                          : kText];
      case ObservationField::kUnit:
        return names_[kUnit];
      case ObservationField::kTime:
        return names_[kTime];
      case ObservationField::kKey:
        return names_[kSequence];
      case ObservationField::kOther:
        break;
    }
    return std::string(field);
  }

 private:
  bool Read(const RowBlock::View& row, Arena& arena, Observation& out, RowReject& reject) const {
    const auto field = [&](Position column) { return row[positions_[column]]; };
    const auto refuse = [&](std::string column, std::string reason) {
      reject.column = std::move(column);
      reject.reason = std::move(reason);
      return false;
    };
    for (const Position column : {kSubject, kDomain, kSequence, kTest}) {
      if (field(column).empty()) return refuse(names_[column], "is empty");
    }
    out.subject_number = field(kSubject);
    out.item = field(kTest);
    out.unit = field(kUnit);
    out.time_text = field(kTime);
    out.idempotency_key = arena.Join({field(kDomain), "/", field(kSubject), "/", field(kSequence)});
    if (!ReadStudyTime(out.time_text, out.time)) {
      return refuse(names_[kTime], ParseStudyTime(out.time_text).error().message);
    }

    const std::string_view number = field(kNumber);
    const std::string_view text = field(kText);
    const std::string_view status = status_ ? row[*status_] : std::string_view();
    if (!status.empty()) {
      if (status != kNotDone) return refuse(StatusName(), "is neither empty nor NOT DONE");
      if (!number.empty() || !text.empty()) {
        return refuse(StatusName(), "says NOT DONE, but there is a result");
      }
      out.kind = ValueKind::kAbsent;
      const std::string_view reason = reason_ ? row[*reason_] : std::string_view();
      out.text = reason.empty() ? kNotDone : arena.Join({kNotDone, ": ", reason});
      return true;
    }
    if (range_low_) ReadLimitOfRange(row[*range_low_], out.range_low);
    if (range_high_) ReadLimitOfRange(row[*range_high_], out.range_high);
    if (!number.empty()) {
      if (!ReadNumber(number, out.number)) return refuse(names_[kNumber], "is not a number");
      double limit = 0;
      char comparator = 0;
      if (ReadLimit(text, comparator, limit) && limit == out.number) out.comparator = comparator;
      return true;
    }
    if (text.empty()) return refuse(names_[kText], "there is no result and no NOT DONE");
    if (ReadLimit(text, out.comparator, out.number)) return true;
    out.kind = ValueKind::kText;
    out.text = text;
    return true;
  }

  std::string StatusName() const { return names_[kRequiredCount]; }

  RowReader reader_;
  std::vector<std::string> names_;  // by Position, and the status column's behind them
  std::vector<std::size_t> positions_;
  std::optional<std::size_t> status_;
  std::optional<std::size_t> reason_;
  std::optional<std::size_t> range_low_;
  std::optional<std::size_t> range_high_;
};

}  // namespace

std::optional<std::string> FindingsDomain(const Header& header) {
  for (const std::string& name : header.names()) {
    std::string upper;
    for (const char c : CanonicalName(name)) {
      upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    if (upper.size() == 8 && upper.ends_with("TESTCD") && IsUpper(upper[0]) && IsUpper(upper[1])) {
      return upper.substr(0, 2);
    }
  }
  return std::nullopt;
}

Result<std::unique_ptr<DataSource>> MakeFindingsSource(RowReader reader, const Header& header) {
  const std::string domain = FindingsDomain(header).value_or("--");
  std::vector<std::string> names = {"USUBJID",         "DOMAIN",          domain + "SEQ",
                                    domain + "TESTCD", domain + "DTC",    domain + "STRESN",
                                    domain + "STRESC", domain + "STRESU", domain + "STAT"};
  const std::vector<std::string_view> required(names.begin(), names.begin() + kRequiredCount);
  VEDETTE_TRY(std::vector<std::size_t> positions, header.Require(required));
  return std::make_unique<FindingsSource>(
      std::move(reader), std::move(names), std::move(positions), header.Find(domain + "STAT"),
      header.Find(domain + "REASND"), header.Find(domain + "STNRLO"),
      header.Find(domain + "STNRHI"));
}

}  // namespace vedette::formats::csv
