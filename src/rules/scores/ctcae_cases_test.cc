// SPDX-License-Identifier: Apache-2.0
// Published cases of laboratory grading: tab-separated files whose header names META, DIR, TERM,
// AVAL, BASE, ANRLO, ANRHI, BNRIND, PCHG, AVALU, HIGHIND and EXP, with NA for what is missing.
#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "rules/scores/grading.h"

namespace vedette::rules {
namespace {

using Row = std::map<std::string, std::string>;

std::filesystem::path Folder() {
  const char* shared = std::getenv("VEDETTE_SHARED_DATA");
  return std::filesystem::path(shared == nullptr ? "../shared/data" : shared) / "ctcae";
}

double Number(const std::string& text) {
  double number = std::numeric_limits<double>::quiet_NaN();
  if (text != "NA") std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string Text(const std::string& cell) { return cell == "NA" ? "" : cell; }

// "atoxgr_criteria_ctcv5_uscv" is of version "ctcae5".
std::string Version(const std::string& meta) {
  const auto at = meta.find("ctcv");
  return at == std::string::npos ? "" : "ctcae" + meta.substr(at + 4, 1);
}

BaselineRange Range(const Row& row) {
  const std::string& indicator = row.at("BNRIND");
  if (indicator == "NA") return BaselineRange::kByLimits;
  if (indicator == row.at("HIGHIND")) return BaselineRange::kHigh;
  return indicator == "LOW" ? BaselineRange::kLow : BaselineRange::kNormal;
}

std::string GradeOf(const Row& row) {
  const GradeCriteria* criteria = FindGradeCriteria(
      Version(row.at("META")), row.at("DIR") == "L" ? GradeDirection::kLow : GradeDirection::kHigh,
      Text(row.at("TERM")), Text(row.at("AVALU")), UnitMatch::kAsPublished);
  if (criteria == nullptr) return "NA";
  GradeInput input{.value = Number(row.at("AVAL")),
                   .lower_limit = Number(row.at("ANRLO")),
                   .upper_limit = Number(row.at("ANRHI")),
                   .baseline = Number(row.at("BASE"))};
  input.percent_change = Number(row.at("PCHG"));
  input.baseline_range = Range(row);
  const int grade = Grade(*criteria, input);
  return grade < 0 ? "NA" : std::to_string(grade);
}

std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, '\t');) cells.push_back(cell);
  return cells;
}

TEST(CtcaeCases, EveryFileOfCasesPassesWhole) {
  if (!std::filesystem::is_directory(Folder())) {
    GTEST_SKIP() << "the published cases are not at " << Folder();
  }
  std::size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
    if (entry.path().extension() != ".tsv") continue;
    std::ifstream file(entry.path());
    std::string line;
    std::getline(file, line);
    const std::vector<std::string> header = Cells(line);
    for (int number = 2; std::getline(file, line); ++number) {
      const std::vector<std::string> cells = Cells(line);
      ASSERT_EQ(cells.size(), header.size()) << entry.path() << ":" << number;
      Row row;
      for (std::size_t i = 0; i < header.size(); ++i) row[header[i]] = cells[i];
      EXPECT_EQ(GradeOf(row), row["EXP"]) << entry.path() << ":" << number << ": " << line;
      ++cases;
    }
  }
  EXPECT_GE(cases, 423U);
}

}  // namespace
}  // namespace vedette::rules
