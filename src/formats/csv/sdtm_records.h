// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/csv/header.h"
#include "formats/csv/row_reader.h"
#include "formats/data_source.h"

namespace vedette::formats::csv {

// One column of a record that is recorded, and as what.
struct RecordField {
  enum class Kind : std::uint8_t { kText, kNumber, kTime };

  std::string column;
  std::string item;
  Kind kind = Kind::kText;
};

// What is recorded of each row of one domain.
struct RecordLayout {
  std::vector<RecordField> fields;
  bool form = true;  // fields of a form's rows, not attributes of the subject
};

// Of subject visits: the item that says that a visit took place, by VISITNUM ("4", "8.1").
using VisitItems = std::map<std::string, std::string, std::less<>>;

struct RecordOptions {
  std::map<std::string, RecordLayout, std::less<>> layouts;  // by domain: "AE", "DM"
  VisitItems visits;
};

// "AE" for a header with AESEQ, "SV" for one with SVSTDTC, "DM" for one with RFSTDTC; nullopt for
// anything else, findings included.
std::optional<std::string> RecordsDomain(const Header& header);

// A domain of events, interventions or special purpose (SDTM Implementation Guide 3.4,
// 5, 6.1, 6.2): an observation for each filled field of a row. Key "AE/USUBJID/SEQ/FIELD", row
// "AE/SEQ"; of DM "DM/USUBJID/FIELD". A row's time is the first of --STDTC, --DTC (of DM: RFSTDTC,
// DMDTC) that is there, a partial date being its first day. A time field that is a partial date has
// no value: "PARTIAL DATE". Rejected: a row without subject, sequence or time, without anything
// that is recorded, and a number that is none.
//
// SV gives one observation a row, of its visit's item, with the value "Y"; a visit that is not
// planned is rejected.
Result<std::unique_ptr<DataSource>> MakeRecordsSource(RowReader reader,
                                                      const Header& header,
                                                      const RecordOptions& options);

}  // namespace vedette::formats::csv
