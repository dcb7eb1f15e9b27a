// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/open.h"

#include <utility>

#include "formats/csv/sdtm_findings.h"

namespace vedette::formats::csv {

Result<std::unique_ptr<DataSource>> OpenCsv(std::unique_ptr<ByteSource> text, CsvOptions options) {
  RowReader reader(std::move(text), options.limits);
  VEDETTE_TRY(const Header header, reader.ReadHeader());
  if (FindingsDomain(header)) return MakeFindingsSource(std::move(reader), header);
  if (RecordsDomain(header)) return MakeRecordsSource(std::move(reader), header, options.records);
  auto source = MakeVitalSignSource(std::move(reader), header, std::move(options.vital_signs));
  if (source) return source;
  Error error = std::move(source).error();
  error.message =
      "The file is neither an SDTM domain (no column like VSTESTCD or AESEQ) nor vital signs. " +
      error.message;
  return Fail(std::move(error));
}

}  // namespace vedette::formats::csv
