// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/rules_data/domains.h"
#include "app/rules_data/sdtm_table.h"
#include "formats/csv/number.h"

namespace vedette::app::rules_data {
namespace {

using rules::CatalogItem;
using rules::Change;
using rules::Seconds;
using rules::ValueKind;

struct FormDomain {
  const char* domain;
  const char* name;
  const char* label;
};
constexpr FormDomain kForms[] = {{"ae", "AE", "Adverse Events"},
                                 {"cm", "CM", "Concomitant Medication"},
                                 {"ex", "EX", "Exposure"},
                                 {"ds", "DS", "Disposition"},
                                 {"mh", "MH", "Medical History"}};

// Fields that tell the treatment.
constexpr std::array<std::string_view, 3> kUnblinding = {"EXTRT", "EXDOSE", "EXDOSU"};
constexpr std::array<std::string_view, 3> kNumberFields = {"EXDOSE", "CMDOSE", "VISITNUM"};
// Columns that are no fields of a row.
constexpr std::array<std::string_view, 4> kIdentity = {"STUDYID", "DOMAIN", "USUBJID", ""};

// Fields with controlled terms (CDISC), and those every study has. The data's terms are added.
struct CodedField {
  std::string_view field;
  std::string_view codelist;
  std::array<std::string_view, 8> terms;
};
constexpr CodedField kCodedFields[] = {
    {"AESEV", "AESEV", {"MILD", "MODERATE", "SEVERE"}},
    {"AESER", "NY", {"N", "Y"}},
    {"AESDTH", "NY", {}},
    {"AESHOSP", "NY", {}},
    {"AESLIFE", "NY", {}},
    {"AESDISAB", "NY", {}},
    {"AESCONG", "NY", {}},
    {"AESMIE", "NY", {}},
    {"AETOXGR", "TOXGR", {"1", "2", "3", "4", "5"}},
    {"AEREL", "AEREL", {}},
    {"AEOUT",
     "OUT",
     {"RECOVERED/RESOLVED", "RECOVERING/RESOLVING", "NOT RECOVERED/NOT RESOLVED",
      "RECOVERED/RESOLVED WITH SEQUELAE", "FATAL", "UNKNOWN"}},
    {"AEACN",
     "ACN",
     {"DOSE NOT CHANGED", "DOSE REDUCED", "DOSE INCREASED", "DRUG INTERRUPTED", "DRUG WITHDRAWN",
      "NOT APPLICABLE", "UNKNOWN"}},
    {"CMROUTE", "ROUTE", {}},
    {"EXROUTE", "ROUTE", {}},
    {"DSCAT", "DSCAT", {"PROTOCOL MILESTONE", "DISPOSITION EVENT", "OTHER EVENT"}},
    {"DSDECOD", "NCOMPLT", {"COMPLETED"}},
};

const CodedField* FindCoded(std::string_view field) {
  const auto found = std::ranges::find(kCodedFields, field, &CodedField::field);
  return found == std::end(kCodedFields) ? nullptr : found;
}

template <std::size_t kCount>
bool IsIn(const std::array<std::string_view, kCount>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

class FormReader {
 public:
  FormReader(const FormDomain& form, const SdtmFile& file, StudyBuilder& builder)
      : form_(form), file_(file), builder_(builder) {}

  Status Read() {
    builder_.AddForm({.name = form_.name, .label = form_.label});
    const std::string prefix = form_.name;
    columns_ = {"USUBJID", prefix + "SEQ", prefix + "STDTC", prefix + "DTC", "VISITNUM"};
    first_field_ = columns_.size();
    for (const std::string& column : file_.columns) {
      if (!IsIn(kIdentity, column) && column != prefix + "SEQ") AddField(column);
    }
    return ReadSdtmRows(file_, columns_, [this](const SdtmRow& row) { Take(row); });
  }

 private:
  struct Field {
    std::uint32_t item;
    ValueKind kind;
    const CodedField* coded;
  };

  void AddField(const std::string& column) {
    Field field{.item = 0, .kind = ValueKind::kText, .coded = FindCoded(column)};
    CatalogItem item{.name = column, .role = CatalogItem::Role::kFormField, .form = form_.name};
    if (column.ends_with("DTC")) {
      field.kind = ValueKind::kTime;
      item.name.pop_back();
    } else if (IsIn(kNumberFields, column) || column.ends_with("DY")) {
      field.kind = ValueKind::kNumber;
    }
    item.kind = field.kind;
    item.code = std::string(form_.name) + "." + item.name;
    item.label = column;
    item.unblinding = IsIn(kUnblinding, column);
    if (field.coded != nullptr) {
      item.codelist = field.coded->codelist;
      for (const std::string_view term : field.coded->terms) builder_.AddTerm(item.codelist, term);
    }
    field.item = builder_.AddItem(std::move(item));
    fields_.push_back(field);
    columns_.push_back(column);
  }

  void Take(const SdtmRow& row) {
    builder_.CountRecord();
    const std::optional<std::uint32_t> subject = builder_.FindSubject(row[0]);
    const std::optional<Seconds> start = ReadSdtmTime(row[2]);
    const std::optional<Seconds> collected = ReadSdtmTime(row[3]);
    if (!subject || (!start && !collected)) return builder_.CountSkipped();
    Change change{.row = RecordKey({row[0], form_.name, row[1]}),
                  .time = start ? *start : *collected,
                  .received = collected ? *collected : *start};
    change.key = change.row;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      TakeField(fields_[i], row[first_field_ + i], *subject, change);
    }
  }

  void TakeField(const Field& field, std::string_view text, std::uint32_t subject, Change change) {
    if (text.empty()) return;
    change.item = field.item;
    if (field.kind == ValueKind::kTime) {
      const std::optional<Seconds> time = ReadSdtmTime(text);
      if (!time) return;
      change.number = static_cast<double>(*time);
    } else if (field.kind == ValueKind::kNumber) {
      if (!formats::csv::ReadNumber(text, change.number)) return;
    } else {
      change.text = text;
      if (field.coded != nullptr) builder_.AddTerm(std::string(field.coded->codelist), text);
    }
    builder_.Add(subject, std::move(change));
  }

  const FormDomain& form_;
  const SdtmFile& file_;
  StudyBuilder& builder_;
  std::vector<std::string> columns_;
  std::vector<Field> fields_;
  std::size_t first_field_ = 0;
};

}  // namespace

Status ReadForms(const std::string& folder, StudyBuilder& builder) {
  for (const FormDomain& form : kForms) {
    VEDETTE_TRY(const std::optional<SdtmFile> file, FindSdtmFile(folder, form.domain));
    if (file) VEDETTE_CHECK_OK(FormReader(form, *file, builder).Read());
  }
  return {};
}

}  // namespace vedette::app::rules_data
