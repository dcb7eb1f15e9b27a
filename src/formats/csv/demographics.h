// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/byte_source.h"
#include "formats/csv/row_reader.h"
#include "formats/data_source.h"

namespace vedette::formats::csv {

// A subject as SDTM's DM domain states it; no name, no address.
struct Registration {
  std::string subject_number;  // USUBJID
  std::string site;            // SITEID
  std::int32_t age = 0;        // whole years; 0 when not known
  std::string sex;             // as given: "F", "M", "U"; may be empty
  std::uint64_t line = 0;
};

struct Demographics {
  std::vector<Registration> registrations;
  std::vector<RowReject> rejects;
  std::uint64_t rows = 0;
};

// Reads a whole DM file: USUBJID and SITEID, and AGE (in AGEU, years when absent) and SEX where
// there are. Other units of age give a whole number of years, cut off. A subject that appears twice
// is rejected the second time. kPayloadTooLarge beyond `max_rows`.
Result<Demographics> ReadDemographics(std::unique_ptr<ByteSource> text,
                                      ReaderLimits limits = {},
                                      std::size_t max_rows = 1'000'000);

}  // namespace vedette::formats::csv
