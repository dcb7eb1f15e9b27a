// SPDX-License-Identifier: Apache-2.0
// Scores over the CDISC pilot study, against answers computed outside this project.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "formats/byte_source.h"
#include "formats/csv/number.h"
#include "formats/csv/row_reader.h"
#include "rules/scores/grading.h"
#include "rules/scores/score_functions.h"

namespace vedette::rules {
namespace {

using Cells = std::vector<std::string>;

double Number(const std::string& cell) {
  double number = 0;
  return formats::csv::ReadNumber(cell, number) ? number : std::numeric_limits<double>::quiet_NaN();
}

double Call(std::string_view name, std::initializer_list<double> arguments) {
  return FindScoreFunction(name)->evaluate(arguments.begin());
}

class PilotScoresTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("VEDETTE_SHARED_DATA");
    folder_ = std::filesystem::path(shared == nullptr ? "../shared/data" : shared) / "cdiscpilot01";
    if (!std::filesystem::is_directory(folder_)) {
      GTEST_SKIP() << "the pilot study's files are not at " << folder_;
    }
  }

  // Hands over the named columns of every row.
  void ForEachRow(const char* file,
                  const std::vector<std::string_view>& columns,
                  const std::function<void(const Cells&)>& take) {
    auto bytes = formats::OpenFileSource((folder_ / file).string());
    ASSERT_TRUE(bytes);
    auto text = formats::MakeTextSource(std::move(*bytes));
    ASSERT_TRUE(text);
    formats::csv::RowReader reader(std::move(*text), {});
    const auto header = reader.ReadHeader();
    ASSERT_TRUE(header);
    const auto positions = header->Require(columns);
    ASSERT_TRUE(positions) << positions.error().message;
    formats::csv::RowBlock block;
    Cells cells(columns.size());
    for (;;) {
      const auto more = reader.Next(block);
      ASSERT_TRUE(more);
      ASSERT_TRUE(block.rejects().empty());
      if (!*more) return;
      for (std::size_t row = 0; row < block.size(); ++row) {
        for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = block[row][(*positions)[i]];
        take(cells);
      }
    }
  }

  std::filesystem::path folder_;
};

struct Pressure {
  double systolic = std::numeric_limits<double>::quiet_NaN();
  double diastolic = std::numeric_limits<double>::quiet_NaN();
  bool complete() const { return systolic == systolic && diastolic == diastolic; }
};

TEST_F(PilotScoresTest, BloodPressures) {
  // By subject, visit and day: supine, after one and after three minutes of standing.
  std::map<std::tuple<std::string, std::string, std::string>, std::array<Pressure, 3>> visits;
  ForEachRow("vs.csv.gz", {"USUBJID", "VISITNUM", "VSDTC", "VSTPTNUM", "VSTESTCD", "VSSTRESN"},
             [&](const Cells& row) {
               if (row[4] != "SYSBP" && row[4] != "DIABP") return;
               Pressure& pressure = visits[{row[0], row[1], row[2]}].at(
                   static_cast<std::size_t>(Number(row[3]) - 815));
               (row[4] == "SYSBP" ? pressure.systolic : pressure.diastolic) = Number(row[5]);
             });
  int pairs = 0;
  int inverted = 0;
  int judged = 0;
  int dropped = 0;
  for (const auto& [visit, pressures] : visits) {
    const Pressure& supine = pressures[0];
    bool standing_known = false;
    bool drop = false;
    for (const Pressure& pressure : pressures) {
      if (!pressure.complete()) continue;
      ++pairs;
      inverted += pressure.systolic <= pressure.diastolic ? 1 : 0;
      if (&pressure == &supine || !supine.complete()) continue;
      standing_known = true;
      drop |= Call("orthostatic_drop",
                   {supine.systolic, supine.diastolic, pressure.systolic, pressure.diastolic}) == 1;
    }
    judged += standing_known ? 1 : 0;
    dropped += drop ? 1 : 0;
  }
  EXPECT_EQ(pairs, 8205);
  EXPECT_EQ(inverted, 0);
  EXPECT_EQ(judged, 2735);
  EXPECT_EQ(dropped, 485);
}

TEST_F(PilotScoresTest, TheLiver) {
  std::map<std::string, std::map<std::string, double>> peaks;  // × ULN, by subject and test
  int high = 0;
  std::set<std::string> high_subjects;
  ForEachRow("lb.csv.gz", {"USUBJID", "LBTESTCD", "LBSTRESN", "LBSTNRHI"}, [&](const Cells& row) {
    if (row[1] != "ALT" && row[1] != "AST" && row[1] != "BILI" && row[1] != "ALP") return;
    const double multiple = Number(row[2]) / Number(row[3]);
    if (!(multiple >= 0)) return;
    double& peak = peaks[row[0]][row[1]];
    peak = std::max(peak, multiple);
    if (row[1] != "ALT" || multiple < 3) return;
    ++high;
    high_subjects.insert(row[0]);
  });
  EXPECT_EQ(high, 4);
  EXPECT_EQ(high_subjects.size(), 3U);

  std::map<int, std::set<std::string>> quadrants;
  for (auto& [subject, peak] : peaks) {
    quadrants[static_cast<int>(Call("edish_quadrant", {peak["ALT"], peak["BILI"]}))].insert(
        subject);
    EXPECT_EQ(Call("hys_law", {peak["ALT"], peak["AST"], peak["BILI"], peak["ALP"]}), 0)
        << "the one candidate is cholestatic";
  }
  EXPECT_EQ(quadrants[0].size(), 250U);
  EXPECT_EQ(quadrants[1], (std::set<std::string>{"01-709-1029"}));
  EXPECT_EQ(quadrants[2], (std::set<std::string>{"01-705-1310", "01-708-1286"}));
  EXPECT_EQ(quadrants[3], (std::set<std::string>{"01-705-1186"}));
}

}  // namespace
}  // namespace vedette::rules
