// SPDX-License-Identifier: Apache-2.0
// The CDISC pilot study through `vedette import`, on both databases: every row accounted for, and
// the known answers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "system/process.h"
#include "system/rule_life.h"
#include "system/system.h"

namespace vedette::system_test {
namespace {

std::filesystem::path Pilot() {
  const char* shared = std::getenv("VEDETTE_SHARED_DATA");
  return std::filesystem::path(shared == nullptr ? "../shared/data" : shared) / "cdiscpilot01";
}

std::string Example(const std::string& name) { return ReadFile("examples/cdisc-pilot/" + name); }

class PilotTest : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(Pilot())) {
      GTEST_SKIP() << "the pilot study's files are not at " << Pilot();
    }
    system_.Start();
    token_ = system_.Token();
    Must("POST", "/api/v1/studies", Example("study.json"));
    Must("PUT", "/api/v1/studies/CDISCPILOT01/items", Example("items.json"));
    PutRuleToWork(system_, token_, "CDISCPILOT01", Example("rule.json"));
  }

  void Must(const std::string& method, const std::string& path, const std::string& body) {
    const RestAnswer answer = system_.Rest(method, path, body, token_);
    ASSERT_EQ(answer.status / 100, 2) << path << ": " << answer.body;
  }

  Outcome Import(std::vector<std::string> words) {
    std::vector<std::string> arguments = {"import", "--study", "CDISCPILOT01"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return system_.Command(std::move(arguments));
  }

  void ExpectSummary(const std::string& events, const std::string& alerts) {
    const RestAnswer summary =
        system_.Rest("GET", "/api/v1/studies/CDISCPILOT01/alerts:summary", {}, token_);
    EXPECT_EQ(JsonAt(summary.body, "/events"), events) << summary.body;
    EXPECT_EQ(JsonAt(summary.body, "/alerts"), alerts);
    EXPECT_EQ(JsonAt(summary.body, "/subjects"), "210");
  }

  System system_{GetParam()};
  std::string token_;
};

TEST_P(PilotTest, EveryRowIsAccountedForAndTheKnownAlertsAreRaised) {
  const std::vector<std::string> files = {"--demographics", (Pilot() / "dm.csv.gz").string(),
                                          (Pilot() / "vs.csv.gz").string(),
                                          (Pilot() / "lb.csv.gz").string()};
  const Outcome first = Import(files);
  EXPECT_EQ(first.code, 0) << first.output;
  ExpectSummary("89223", "2559");  // 29,643 + 59,580 rows

  const Outcome again = Import(files);
  EXPECT_EQ(again.code, 0) << again.output;
  ExpectSummary("89223", "2559");
}

TEST_P(PilotTest, BrokenRowsAreNamedAndTheGoodOnesImported) {
  const auto file = system_.folder() / "vs.csv";
  std::ofstream(file)
      << "STUDYID,DOMAIN,USUBJID,VSSEQ,VSTESTCD,VSSTRESC,VSSTRESN,VSSTRESU,VSSTAT,VSDTC\r\n"
         "S,VS,01-701-1015,1,SYSBP,150,150,mmHg,,2014-01-02\r\n"
         "S,VS,01-701-1015,2,SYSBP,150,150,bar,,2014-01-02\r\n"
         "S,VS,01-701-1015,3,SYSBQ,150,150,mmHg,,2014-01-02\r\n"
         "S,VS,01-999-9999,4,SYSBP,150,150,mmHg,,2014-01-02\r\n"
         "S,VS,01-701-1015,5,SYSBP,150,150,mmHg,,2014-13-02\r\n"
         "S,VS,01-701-1015,6,SYSBP,150\r\n"
         "S,VS,01-701-1015,7,DIABP,80,80,mmHg,,2014-01-02\r\n";
  const auto rejects = system_.folder() / "rejects.csv";
  const Outcome outcome = Import({"--demographics", (Pilot() / "dm.csv.gz").string(), "--rejects",
                                  rejects.string(), "--on-error=skip", file.string()});
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  const RestAnswer summary =
      system_.Rest("GET", "/api/v1/studies/CDISCPILOT01/alerts:summary", {}, token_);
  EXPECT_EQ(JsonAt(summary.body, "/events"), "2") << summary.body;
  EXPECT_EQ(JsonAt(summary.body, "/alerts"), "1");
  const std::string named = ReadFile(rejects);
  for (const char* line : {",3,", ",4,", ",5,", ",6,", ",7,"}) {
    EXPECT_NE(named.find(line), std::string::npos) << line << " in\n" << named;
  }
  EXPECT_EQ(std::count(named.begin(), named.end(), '\n'), 6) << named;  // with the head
}

TEST_P(PilotTest, ADryRunChangesNothing) {
  const Outcome outcome = Import(
      {"--demographics", (Pilot() / "dm.csv.gz").string(), (Pilot() / "vs.csv.gz").string()});
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  const Outcome dry = Import({"--dry-run", (Pilot() / "lb.csv.gz").string()});
  EXPECT_EQ(dry.code, 0) << dry.output;
  ExpectSummary("29643", "2559");
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         PilotTest,
                         testing::Values(Shape::kSingleSqlite, Shape::kSinglePostgres),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace vedette::system_test
