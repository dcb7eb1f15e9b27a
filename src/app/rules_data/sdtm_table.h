// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/csv/row_reader.h"
#include "rules/clinical/observation.h"

namespace vedette::app::rules_data {

// A row of a table; a column that the table does not have is empty.
class SdtmRow {
 public:
  SdtmRow(const formats::csv::RowBlock::View& fields,
          std::span<const std::optional<std::size_t>> positions)
      : fields_(fields), positions_(positions) {}
  // Of the column at `index` of those asked for.
  std::string_view operator[](std::size_t index) const {
    const std::optional<std::size_t> position = positions_[index];
    return position ? fields_[*position] : std::string_view();
  }

 private:
  const formats::csv::RowBlock::View& fields_;
  std::span<const std::optional<std::size_t>> positions_;
};

// One domain's file in a folder.
struct SdtmFile {
  std::string path;
  std::vector<std::string> columns;  // as its header names them
};

// "ae.csv" or "ae.csv.gz", in lower or upper case; nullopt when there is none.
Result<std::optional<SdtmFile>> FindSdtmFile(const std::string& folder, std::string_view domain);

// Calls `visit` for each good row, with the columns asked for in their order. Rows that are no CSV
// are passed over.
Status ReadSdtmRows(const SdtmFile& file,
                    std::span<const std::string> columns,
                    const std::function<void(const SdtmRow&)>& visit);

// A whole date or time, cut to seconds; nullopt for a partial one.
std::optional<rules::Seconds> ReadSdtmTime(std::string_view text);

}  // namespace vedette::app::rules_data
