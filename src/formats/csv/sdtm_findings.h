// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "formats/csv/header.h"
#include "formats/csv/row_reader.h"
#include "formats/data_source.h"

namespace vedette::formats::csv {

// The two letters of a findings domain whose --TESTCD column the header has: "VS", "LB".
std::optional<std::string> FindingsDomain(const Header& header);

// Any SDTM findings domain (SDTM Implementation Guide 3.4, section 6.3), an observation a row.
//
// Read are USUBJID, DOMAIN, --SEQ, --TESTCD, --DTC, --STRESN, --STRESC, --STRESU and, where there
// are, --STAT, --REASND, --STNRLO and --STNRHI: results in standard units. The value is --STRESN;
// without it --STRESC, as a limit when it reads "<3.42" or ">100", else as text; none when --STAT
// is NOT DONE. The key is "DOMAIN/USUBJID/SEQ". Rejected: a partial or missing --DTC, no result and
// no --STAT, both of them, another --STAT, a number that is none. A limit of the reference range
// that is no number is left out.
Result<std::unique_ptr<DataSource>> MakeFindingsSource(RowReader reader, const Header& header);

}  // namespace vedette::formats::csv
