// SPDX-License-Identifier: Apache-2.0
#include "app/rules_data/sdtm_table.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "formats/byte_source.h"
#include "model/study_time.h"

namespace vedette::app::rules_data {
namespace {

Result<formats::csv::RowReader> OpenReader(const std::string& path) {
  VEDETTE_TRY(std::unique_ptr<formats::ByteSource> bytes, formats::OpenFileSource(path));
  VEDETTE_TRY(std::unique_ptr<formats::ByteSource> text, formats::MakeTextSource(std::move(bytes)));
  return formats::csv::RowReader(std::move(text), {});
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

}  // namespace

Result<std::optional<SdtmFile>> FindSdtmFile(const std::string& folder, std::string_view domain) {
  const std::filesystem::path base(folder);
  for (const std::string& stem : {std::string(domain), Upper(domain)}) {
    for (const char* ending : {".csv", ".csv.gz", ".CSV"}) {
      const std::filesystem::path path = base / (stem + ending);
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(path, ignored)) continue;
      SdtmFile file{.path = path.string(), .columns = {}};
      VEDETTE_TRY(formats::csv::RowReader reader, OpenReader(file.path));
      VEDETTE_TRY(const formats::csv::Header header, reader.ReadHeader());
      file.columns = header.names();
      return file;
    }
  }
  return std::nullopt;
}

Status ReadSdtmRows(const SdtmFile& file,
                    std::span<const std::string> columns,
                    const std::function<void(const SdtmRow&)>& visit) {
  VEDETTE_TRY(formats::csv::RowReader reader, OpenReader(file.path));
  VEDETTE_TRY(const formats::csv::Header header, reader.ReadHeader());
  std::vector<std::optional<std::size_t>> positions;
  for (const std::string& column : columns) positions.push_back(header.Find(column));
  formats::csv::RowBlock block;
  while (true) {
    VEDETTE_TRY(const bool more, reader.Next(block));
    if (!more) return {};
    for (std::size_t row = 0; row < block.size(); ++row) {
      const formats::csv::RowBlock::View fields = block[row];
      visit(SdtmRow(fields, positions));
    }
  }
}

std::optional<rules::Seconds> ReadSdtmTime(std::string_view text) {
  StudyTime time;
  if (text.empty() || !ReadStudyTime(text, time)) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(time.instant).time_since_epoch().count();
}

}  // namespace vedette::app::rules_data
