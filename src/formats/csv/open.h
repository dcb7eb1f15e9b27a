// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/result.h"
#include "formats/byte_source.h"
#include "formats/csv/row_reader.h"
#include "formats/csv/sdtm_records.h"
#include "formats/csv/vital_signs.h"
#include "formats/data_source.h"

namespace vedette::formats::csv {

struct CsvOptions {
  ReaderLimits limits;
  VitalSignOptions vital_signs;
  RecordOptions records;
};

// A source for whatever shape the header says the file has: an SDTM domain of findings, another
// SDTM domain, or vital signs. `text` comes from MakeTextSource. kInvalidArgument, with what was
// found, for any other header.
Result<std::unique_ptr<DataSource>> OpenCsv(std::unique_ptr<ByteSource> text, CsvOptions options);

}  // namespace vedette::formats::csv
