// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/demographics.h"

#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "formats/csv/block_of.h"
#include "formats/csv/number.h"

namespace vedette::formats::csv {
namespace {

constexpr std::array<std::string_view, 2> kRequired = {"USUBJID", "SITEID"};
constexpr double kMaxAge = 150;

// Years in one of the unit (CDISC code list AGEU); nothing for others.
std::optional<double> YearsIn(std::string_view unit) {
  if (unit.empty() || unit == "YEARS") return 1.0;
  if (unit == "MONTHS") return 1.0 / 12;
  if (unit == "WEEKS") return 7 / 365.25;
  if (unit == "DAYS") return 1 / 365.25;
  if (unit == "HOURS") return 1 / (365.25 * 24);
  return std::nullopt;
}

}  // namespace

Result<Demographics> ReadDemographics(std::unique_ptr<ByteSource> text,
                                      ReaderLimits limits,
                                      std::size_t max_rows) {
  RowReader reader(std::move(text), limits);
  VEDETTE_TRY(const Header header, reader.ReadHeader());
  VEDETTE_TRY(const std::vector<std::size_t> required, header.Require(kRequired));
  const auto age_at = header.Find("AGE");
  const auto unit_at = header.Find("AGEU");
  const auto sex_at = header.Find("SEX");

  Demographics demographics;
  std::unordered_set<std::string> seen;
  RowBlock block;
  while (true) {
    VEDETTE_TRY(const bool more, reader.Next(block));
    if (!more) break;
    const std::size_t known = demographics.rejects.size();
    demographics.rows += block.size() + block.rejects().size();
    if (demographics.rows > max_rows) {
      return Fail(Code::kPayloadTooLarge,
                  "The file has more than " + std::to_string(max_rows) + " rows.");
    }
    for (const RowReject& reject : block.rejects()) demographics.rejects.push_back(reject);
    for (std::size_t row = 0; row < block.size(); ++row) {
      const RowBlock::View fields = block[row];
      const std::uint64_t line = block.LineOf(row);
      const auto refuse = [&](const char* column, const char* reason) {
        demographics.rejects.push_back({line, column, reason, ""});
      };
      Registration subject;
      subject.line = line;
      subject.subject_number = fields[required[0]];
      subject.site = fields[required[1]];
      if (sex_at) subject.sex = fields[*sex_at];
      if (subject.subject_number.empty()) {
        refuse("USUBJID", "is empty");
        continue;
      }
      if (subject.site.empty()) {
        refuse("SITEID", "is empty");
        continue;
      }
      if (age_at && !fields[*age_at].empty()) {
        double age = 0;
        const auto years = YearsIn(unit_at ? fields[*unit_at] : std::string_view());
        if (!years) {
          refuse("AGEU", "is not YEARS, MONTHS, WEEKS, DAYS or HOURS");
          continue;
        }
        if (!ReadNumber(fields[*age_at], age) || age < 0 || age * *years > kMaxAge) {
          refuse("AGE", "is not an age");
          continue;
        }
        subject.age = static_cast<std::int32_t>(std::floor(age * *years));
      }
      if (!seen.insert(subject.subject_number).second) {
        refuse("USUBJID", "the subject is in the file already");
        continue;
      }
      demographics.registrations.push_back(std::move(subject));
    }
    if (known != demographics.rejects.size()) SortRejects(demographics.rejects, 1);
  }
  return demographics;
}

}  // namespace vedette::formats::csv
