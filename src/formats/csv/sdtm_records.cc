// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/sdtm_records.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include "formats/csv/block_of.h"
#include "formats/csv/number.h"

namespace vedette::formats::csv {
namespace {

constexpr std::string_view kPartialDate = "PARTIAL DATE";

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

std::string Upper(std::string_view name) {
  std::string upper;
  for (const char c : CanonicalName(name)) {
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return upper;
}

bool IsDigits(std::string_view text, std::size_t from, std::size_t count) {
  for (std::size_t i = from; i < from + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  return true;
}

// "2013" and "2013-12", completed to their first day; anything else as it is.
std::string_view FirstDay(std::string_view text, Arena& arena) {
  if (text.size() == 4 && IsDigits(text, 0, 4)) return arena.Join({text, "-01-01"});
  if (text.size() == 7 && IsDigits(text, 0, 4) && text[4] == '-' && IsDigits(text, 5, 2)) {
    return arena.Join({text, "-01"});
  }
  return text;
}

// "8.10" and "8.1" are one visit, "4.0" is "4".
std::string_view CanonicalVisit(std::string_view number) {
  if (number.find('.') == number.npos) return number;
  while (number.ends_with('0')) number.remove_suffix(1);
  if (number.ends_with('.')) number.remove_suffix(1);
  return number;
}

struct Columns {
  std::string domain;
  std::size_t subject = 0;
  std::optional<std::size_t> sequence;
  std::vector<std::size_t> times;  // the first that is filled counts
  std::vector<std::pair<RecordField, std::size_t>> fields;
  bool form = true;
  std::optional<std::size_t> visit;  // of SV
  VisitItems visits;
};

class RecordsSource final : public DataSource {
 public:
  RecordsSource(RowReader reader, std::vector<std::string> names, Columns columns)
      : reader_(std::move(reader)), names_(std::move(names)), columns_(std::move(columns)) {}

  Result<bool> NextBatch(ObservationBatch& batch) override {
    RowBlock& block = BlockOf(batch);
    VEDETTE_TRY(const bool more, reader_.Next(block));
    if (!more) return false;
    batch.rejects = block.rejects();
    const std::size_t syntax_rejects = batch.rejects.size();
    batch.rows = block.size() + syntax_rejects;
    for (std::size_t row = 0; row < block.size(); ++row) {
      const std::size_t before = batch.observations.size();
      RowReject reject;
      reject.line = block.LineOf(row);
      if (Read(block[row], batch, reject)) continue;
      batch.observations.resize(before);
      batch.rejects.push_back(std::move(reject));
    }
    SortRejects(batch.rejects, syntax_rejects);
    return true;
  }

  SourceProgress progress() const override { return reader_.progress(); }

  std::string ColumnOf(std::string_view field, const Observation& observation) const override {
    switch (FindObservationField(field)) {
      case ObservationField::kSubject:
        return names_[columns_.subject];
      case ObservationField::kItem:
      case ObservationField::kValue:
      case ObservationField::kUnit:
        for (const auto& [known, position] : columns_.fields) {
          if (known.item == observation.item) return names_[position];
        }
        return columns_.visit ? names_[*columns_.visit] : std::string(field);
      case ObservationField::kTime:
        return columns_.times.empty() ? std::string(field) : names_[columns_.times.front()];
      case ObservationField::kKey:
        return columns_.sequence ? names_[*columns_.sequence] : std::string(field);
      case ObservationField::kOther:
        break;
    }
    return std::string(field);
  }

 private:
  bool Read(const RowBlock::View& row, ObservationBatch& batch, RowReject& reject) const {
    const auto refuse = [&](std::string column, std::string reason) {
      reject.column = std::move(column);
      reject.reason = std::move(reason);
      return false;
    };
    Observation common;
    common.line = reject.line;
    common.subject_number = row[columns_.subject];
    if (common.subject_number.empty()) return refuse(names_[columns_.subject], "is empty");
    std::string_view sequence;
    if (columns_.sequence) {
      sequence = row[*columns_.sequence];
      if (sequence.empty()) return refuse(names_[*columns_.sequence], "is empty");
    }
    if (!ReadTime(row, batch.arena, common, reject)) return false;
    if (columns_.visit) return ReadVisit(row, batch, common, reject);

    if (columns_.form) common.row = batch.arena.Join({columns_.domain, "/", sequence});
    const std::size_t before = batch.observations.size();
    for (const auto& [field, position] : columns_.fields) {
      const std::string_view text = row[position];
      if (text.empty()) continue;
      Observation observation = common;
      observation.item = field.item;
      observation.idempotency_key =
          columns_.form
              ? batch.arena.Join(
                    {columns_.domain, "/", common.subject_number, "/", sequence, "/", field.column})
              : batch.arena.Join({columns_.domain, "/", common.subject_number, "/", field.column});
      if (!SetValue(field, text, observation)) {
        return refuse(names_[position], "is not a number");
      }
      batch.observations.push_back(observation);
    }
    if (batch.observations.size() == before) return refuse("", "holds nothing that is recorded");
    return true;
  }

  bool ReadTime(const RowBlock::View& row,
                Arena& arena,
                Observation& out,
                RowReject& reject) const {
    for (const std::size_t position : columns_.times) {
      if (row[position].empty()) continue;
      out.time_text = FirstDay(row[position], arena);
      if (ReadStudyTime(out.time_text, out.time)) return true;
      reject.column = names_[position];
      reject.reason = ParseStudyTime(out.time_text).error().message;
      return false;
    }
    reject.column = columns_.times.empty() ? "" : names_[columns_.times.front()];
    reject.reason = "is empty";
    return false;
  }

  bool ReadVisit(const RowBlock::View& row,
                 ObservationBatch& batch,
                 Observation& out,
                 RowReject& reject) const {
    const std::string_view number = CanonicalVisit(row[*columns_.visit]);
    const auto item = columns_.visits.find(number);
    if (item == columns_.visits.end()) {
      reject.column = names_[*columns_.visit];
      reject.reason = number.empty() ? "is empty" : "is no planned visit of the study";
      return false;
    }
    out.item = item->second;
    out.kind = ValueKind::kText;
    out.text = "Y";
    out.idempotency_key = batch.arena.Join({columns_.domain, "/", out.subject_number, "/", number});
    batch.observations.push_back(out);
    return true;
  }

  static bool SetValue(const RecordField& field, std::string_view text, Observation& out) {
    switch (field.kind) {
      case RecordField::Kind::kNumber:
        out.kind = ValueKind::kNumber;
        return ReadNumber(text, out.number);
      case RecordField::Kind::kTime: {
        StudyTime time;
        out.kind = ReadStudyTime(text, time) ? ValueKind::kText : ValueKind::kAbsent;
        out.text = out.kind == ValueKind::kText ? text : kPartialDate;
        return true;
      }
      case RecordField::Kind::kText:
        out.kind = ValueKind::kText;
        out.text = text;
        return true;
    }
    return false;
  }

  RowReader reader_;
  std::vector<std::string> names_;
  Columns columns_;
};

}  // namespace

std::optional<std::string> RecordsDomain(const Header& header) {
  std::optional<std::string> domain;
  for (const std::string& name : header.names()) {
    const std::string upper = Upper(name);
    if (upper.size() == 8 && upper.ends_with("TESTCD")) return std::nullopt;
    if (upper.size() == 5 && upper.ends_with("SEQ") && IsUpper(upper[0]) && IsUpper(upper[1])) {
      domain = upper.substr(0, 2);
    } else if (upper == "SVSTDTC") {
      domain = "SV";
    } else if (upper == "RFSTDTC") {
      domain = "DM";
    }
  }
  return domain;
}

Result<std::unique_ptr<DataSource>> MakeRecordsSource(RowReader reader,
                                                      const Header& header,
                                                      const RecordOptions& options) {
  const std::string domain = RecordsDomain(header).value_or("");
  std::vector<std::string> required = {"USUBJID"};
  if (domain == "SV") {
    required.emplace_back("VISITNUM");
  } else if (domain != "DM") {
    required.push_back(domain + "SEQ");
  }
  const std::vector<std::string_view> names(required.begin(), required.end());
  VEDETTE_TRY(const std::vector<std::size_t> positions, header.Require(names));
  Columns columns{.domain = domain, .subject = positions[0]};
  if (domain == "SV") {
    columns.visit = positions[1];
    columns.visits = options.visits;
  } else if (domain != "DM") {
    columns.sequence = positions[1];
  }
  const std::vector<std::string> times =
      domain == "DM" ? std::vector<std::string>{"RFSTDTC", "DMDTC"}
                     : std::vector<std::string>{domain + "STDTC", domain + "DTC"};
  for (const std::string& name : times) {
    if (const auto position = header.Find(name)) columns.times.push_back(*position);
  }
  if (const auto layout = options.layouts.find(domain); layout != options.layouts.end()) {
    columns.form = layout->second.form;
    for (const RecordField& field : layout->second.fields) {
      if (const auto position = header.Find(field.column)) {
        columns.fields.emplace_back(field, *position);
      }
    }
  }
  if (columns.fields.empty() && !columns.visit) {
    return Fail(Code::kInvalidArgument, "The study's items name no column of this " + domain +
                                            " file; put items of domain " + domain +
                                            " with its column names as codes.");
  }
  return std::make_unique<RecordsSource>(std::move(reader), header.names(), std::move(columns));
}

}  // namespace vedette::formats::csv
