// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/open.h"

#include <utility>

#include "formats/csv/sdtm_findings.h"

namespace vedette::formats::csv {

Result<std::unique_ptr<DataSource>> OpenCsv(std::unique_ptr<ByteSource> text, CsvOptions options) {
  RowReader reader(std::move(text), options.limits);
  VEDETTE_TRY(const Header header, reader.ReadHeader());
  if (FindingsDomain(header)) return MakeFindingsSource(std::move(reader), header);
  auto source = MakeVitalSignSource(std::move(reader), header, std::move(options.vital_signs));
  if (source) return source;
  Error error = std::move(source).error();
  error.message =
      "The file is neither an SDTM findings domain (no column like VSTESTCD) nor vital signs. " +
      error.message;
  return Fail(std::move(error));
}

}  // namespace vedette::formats::csv
