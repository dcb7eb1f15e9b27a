// SPDX-License-Identifier: Apache-2.0
// The CDISC pilot study through `vedette import`, on both databases: every row accounted for, and
// the known answers.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "kit/testing/eventually.h"
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

// The rules of examples/cdisc-pilot over every domain, live and looked back on.
class PilotRulesTest : public PilotTest {
 protected:
  // The rule of rules.yaml as the body of POST …/rules.
  static std::string Rule(const std::string& id) {
    const std::string pack = Example("rules.yaml");
    const std::size_t begin = pack.find("  - rule: " + id + "\n");
    const std::size_t end = pack.find("\n  - rule: ", begin + 1);
    std::string text;
    for (const char c : "rules:\n" + pack.substr(begin, end == pack.npos ? end : end - begin)) {
      if (c == '"' || c == '\\') text += '\\';
      text += c == '\n' ? "\\n" : std::string(1, c);
    }
    return R"({"ruleId":")" + id + R"(","envelope":")" + text + "\"}";
  }
  std::string Alerts(const std::string& rule) {
    return system_
        .Rest("GET", "/api/monitor/projects/CDISCPILOT01/alerts?pageSize=1000&ruleId=" + rule, {},
              token_)
        .body;
  }
  std::string Backtest(const std::string& rule) {
    const std::string root = "/api/v1/studies/CDISCPILOT01/backtests";
    std::string answer = system_.Rest("POST", root, R"({"ruleId":")" + rule + "\"}", token_).body;
    const std::string path = root + "/" + JsonAt(answer, "/id");
    EXPECT_TRUE(testkit::Eventually(
        [&] {
          answer = system_.Rest("GET", path, {}, token_).body;
          return JsonAt(answer, "/endedAt") != "0";
        },
        std::chrono::minutes(5)));
    return answer;
  }
};

TEST_P(PilotRulesTest, TheKnownAnswersAreFoundLiveAndInBackTests) {
  Must("PUT", "/api/v1/studies/CDISCPILOT01/design", Example("design.json"));
  PutRuleToWork(system_, token_, "CDISCPILOT01", Rule("LB-HYS-LAW"));
  PutRuleToWork(system_, token_, "CDISCPILOT01", Rule("LB-HYS-LAW-PURE"));
  std::vector<std::string> files = {"--demographics", (Pilot() / "dm.csv.gz").string(), "--rejects",
                                    (system_.folder() / "no.csv").string()};
  for (const char* domain : {"dm", "vs", "lb", "ae"}) {
    files.push_back((Pilot() / (std::string(domain) + ".csv.gz")).string());
  }
  const Outcome imported = Import(files);
  EXPECT_EQ(imported.code, 0) << imported.output;
  // Unplanned visits have no item and are left out, each by name.
  const Outcome visits = Import(
      {"--rejects", (system_.folder() / "rejects.csv").string(), (Pilot() / "sv.csv.gz").string()});
  EXPECT_EQ(visits.code, 1) << visits.output;

  const std::string high = Backtest("VS-SYSBP-HIGH");
  EXPECT_EQ(JsonAt(high, "/records"), "2559") << high;
  EXPECT_EQ(JsonAt(high, "/subjects"), "210");
  EXPECT_EQ(JsonAt(high, "/days"), "583");
  const std::string summary =
      system_.Rest("GET", "/api/v1/studies/CDISCPILOT01/alerts:summary", {}, token_).body;
  EXPECT_EQ(JsonAt(summary, "/alerts"), "2560") << summary;
  EXPECT_EQ(JsonSize(Alerts("LB-HYS-LAW"), "/alerts"), 1U);
  EXPECT_EQ(JsonAt(Alerts("LB-HYS-LAW"), "/alerts/0/subjectNumber"), "01-705-1186");
  EXPECT_EQ(JsonSize(Alerts("LB-HYS-LAW-PURE"), "/alerts"), 0U);

  PutRuleToWork(system_, token_, "CDISCPILOT01", Rule("SV-MISSED"));
  EXPECT_EQ(JsonAt(Backtest("SV-MISSED"), "/records"), "121");
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         PilotRulesTest,
                         testing::Values(Shape::kSingleSqlite),
                         testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(Shapes,
                         PilotTest,
                         testing::Values(Shape::kSingleSqlite, Shape::kSinglePostgres),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace vedette::system_test
