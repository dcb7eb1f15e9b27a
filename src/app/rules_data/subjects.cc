// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
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

enum Column : std::size_t { kStudy, kSubject, kSite, kCollected, kAttributes };

// An attribute and the columns it is taken from: the first that is filled in.
struct Attribute {
  const char* name;
  const char* label;
  ValueKind kind;
  std::array<const char*, 2> columns;
  const char* codelist = "";
  const char* unit = "";
  bool unblinding = false;
};

constexpr Attribute kAttributeTable[] = {
    {"sex", "Sex", ValueKind::kText, {"SEX", ""}, "SEX"},
    {"age", "Age", ValueKind::kNumber, {"AGE", ""}, "", "a"},
    {"country", "Country", ValueKind::kText, {"COUNTRY", ""}},
    {"arm", "Treatment arm", ValueKind::kText, {"ACTARMCD", "ARMCD"}, "ARM", "", true},
    {"reference", "Reference start", ValueKind::kTime, {"RFSTDTC", ""}},
    {"first_dose", "First dose", ValueKind::kTime, {"RFXSTDTC", "RFSTDTC"}},
    {"last_dose", "Last dose", ValueKind::kTime, {"RFXENDTC", "RFENDTC"}},
    {"end", "End of participation", ValueKind::kTime, {"RFENDTC", ""}},
    {"consent", "Informed consent", ValueKind::kTime, {"RFICDTC", ""}},
    {"death", "Death", ValueKind::kTime, {"DTHDTC", ""}},
};

struct Disposition {
  Seconds time = 0;
  std::string term;
};

using Dispositions = std::map<std::string, Disposition>;

// The last disposition event of each subject.
Result<Dispositions> ReadDispositions(const std::string& folder) {
  Dispositions dispositions;
  VEDETTE_TRY(const std::optional<SdtmFile> file, FindSdtmFile(folder, "ds"));
  if (!file) return dispositions;
  const std::vector<std::string> columns = {"USUBJID", "DSCAT", "DSDECOD", "DSSTDTC"};
  VEDETTE_CHECK_OK(ReadSdtmRows(*file, columns, [&](const SdtmRow& row) {
    const std::optional<Seconds> time = ReadSdtmTime(row[3]);
    if (row[1] != "DISPOSITION EVENT" || !time) return;
    Disposition& last = dispositions[std::string(row[0])];
    if (last.term.empty() || *time >= last.time) last = {*time, std::string(row[2])};
  }));
  return dispositions;
}

class SubjectReader {
 public:
  SubjectReader(StudyBuilder& builder, Dispositions dispositions)
      : builder_(builder), dispositions_(std::move(dispositions)) {
    for (const Attribute& attribute : kAttributeTable) {
      items_.push_back(builder_.AddItem({.code = std::string("DM.") + attribute.name,
                                         .name = attribute.name,
                                         .label = attribute.label,
                                         .role = CatalogItem::Role::kAttribute,
                                         .kind = attribute.kind,
                                         .unit = attribute.unit,
                                         .codelist = attribute.codelist,
                                         .unblinding = attribute.unblinding}));
    }
    status_ = builder_.AddItem({.code = "DM.status",
                                .name = "status",
                                .label = "Status",
                                .role = CatalogItem::Role::kAttribute,
                                .kind = ValueKind::kText,
                                .codelist = "STATUS"});
    for (const char* term : {"ACTIVE", "COMPLETED", "SCREEN FAILURE"}) {
      builder_.AddTerm("STATUS", term);
    }
    for (const char* term : {"F", "M", "U"}) builder_.AddTerm("SEX", term);
  }

  void Read(const SdtmRow& row) {
    builder_.CountRecord();
    if (row[kSubject].empty()) return builder_.CountSkipped();
    builder_.set_study_id(row[kStudy]);
    const std::uint32_t subject = builder_.AddSubject(row[kSubject], row[kSite]);
    const Seconds collected = ReadSdtmTime(row[kCollected]).value_or(0);
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const std::string_view first = row[kAttributes + 2 * i];
      const std::string_view text = first.empty() ? row[kAttributes + 2 * i + 1] : first;
      if (!text.empty()) AddAttribute(subject, i, text, collected);
    }
    AddStatus(subject, std::string(row[kSubject]), collected);
  }

 private:
  void AddAttribute(std::uint32_t subject,
                    std::size_t index,
                    std::string_view text,
                    Seconds collected) {
    const Attribute& attribute = kAttributeTable[index];
    Change change{.item = items_[index], .time = collected, .received = collected};
    if (attribute.kind == ValueKind::kText) {
      change.text = text;
      if (*attribute.codelist != '\0') builder_.AddTerm(attribute.codelist, text);
    } else if (attribute.kind == ValueKind::kTime) {
      const std::optional<Seconds> time = ReadSdtmTime(text);
      if (!time) return builder_.CountSkipped();
      change.number = static_cast<double>(*time);
      change.time = change.received = *time;
    } else if (!formats::csv::ReadNumber(text, change.number)) {
      return builder_.CountSkipped();
    }
    builder_.Add(subject, std::move(change));
  }

  void AddStatus(std::uint32_t subject, const std::string& id, Seconds collected) {
    const auto put = [&](std::string_view term, Seconds time) {
      builder_.AddTerm("STATUS", term);
      builder_.Add(subject,
                   {.item = status_, .time = time, .received = time, .text = std::string(term)});
    };
    put("ACTIVE", collected);
    const auto found = dispositions_.find(id);
    if (found != dispositions_.end()) {
      put(found->second.term, std::max(collected, found->second.time));
    }
  }

  StudyBuilder& builder_;
  Dispositions dispositions_;
  std::vector<std::uint32_t> items_;
  std::uint32_t status_ = 0;
};

}  // namespace

Status ReadSubjects(const std::string& folder, StudyBuilder& builder) {
  VEDETTE_TRY(const std::optional<SdtmFile> file, FindSdtmFile(folder, "dm"));
  if (!file) {
    return Fail(Code::kNotFound, "there is no dm.csv or dm.csv.gz in " + folder);
  }
  VEDETTE_TRY(Dispositions dispositions, ReadDispositions(folder));
  std::vector<std::string> columns = {"STUDYID", "USUBJID", "SITEID", "DMDTC"};
  for (const Attribute& attribute : kAttributeTable) {
    for (const char* column : attribute.columns) columns.emplace_back(column);
  }
  SubjectReader reader(builder, std::move(dispositions));
  return ReadSdtmRows(*file, columns, [&](const SdtmRow& row) { reader.Read(row); });
}

}  // namespace vedette::app::rules_data
