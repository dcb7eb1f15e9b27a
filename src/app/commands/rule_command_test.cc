// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/commands/rule_actions.h"

namespace vedette::app {
namespace {

using testing::HasSubstr;

struct Outcome {
  int code = -1;
  std::string out;
  std::string error;
};

Outcome Invoke(const std::vector<std::string>& words) {
  static const CommandSpec spec = RuleCommandSpec();
  const SystemClock clock;
  const auto arguments = Arguments::Parse(spec, words);
  if (!arguments) return {2, "", arguments.error().message};
  testing::internal::CaptureStdout();
  const auto code = RunRuleCommand(*arguments, clock);
  Outcome outcome{code ? *code : 2, testing::internal::GetCapturedStdout(), ""};
  if (!code) outcome.error = code.error().message;
  return outcome;
}

class RuleCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "rule_command_test" /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    Write("catalog.yaml", "series:\n  vs.SYSBP: {label: Systolic pressure, unit: mmHg}\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }

  std::filesystem::path folder_;
};

TEST_F(RuleCommandTest, CheckPlacesAMistakeInItsFile) {
  const std::string path =
      Write("bad.yaml", "rule: A\ntitle: t\nversion: 1\nwhen: vs.SYSPB.value > 140.0\n");
  const Outcome outcome = Invoke({"check", path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("bad.yaml:4: A, when"));
  EXPECT_THAT(outcome.out, HasSubstr("^"));
  EXPECT_THAT(outcome.out, HasSubstr("vs.SYSBP"));
}

TEST_F(RuleCommandTest, CheckTellsWhatIsNoEnvelope) {
  const std::string path = Write("bad.yaml", "rule: A\ntitel: t\nwhen: 'true'\n");
  const Outcome outcome = Invoke({"check", path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("line 2"));
  EXPECT_THAT(outcome.out, HasSubstr("did you mean 'title'?"));
}

TEST_F(RuleCommandTest, TestSaysWhatWasFoundInstead) {
  const std::string rule =
      "rule: A\ntitle: t\nwhen: vs.SYSBP.value > 140.0\ntests:\n"
      "  - {name: high, given: [[vs.SYSBP, D1, 130]], expect: [{state: firing}]}\n";
  const Outcome outcome = Invoke({"test", Write("rule.yaml", rule)});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("FAIL  A: high"));
  EXPECT_THAT(outcome.out,
              HasSubstr("expected firing, found inactive: vs.SYSBP.value is 130 mmHg"));
}

TEST_F(RuleCommandTest, ExplainSaysItInBothLanguages) {
  const std::string path =
      Write("rule.yaml", "rule: A\ntitle: High\nwhen: vs.SYSBP.value > 140.0\n");
  EXPECT_THAT(Invoke({"explain", path}).out, HasSubstr("Systolic pressure is above 140 mmHg"));
  EXPECT_THAT(Invoke({"explain", path, "--lang", "zh"}).out, HasSubstr("收缩压高于 140 mmHg"));
  EXPECT_EQ(Invoke({"explain", path, "--lang", "fr"}).code, 2);
}

TEST_F(RuleCommandTest, DiffShowsAlertsAndText) {
  Write("dm.csv", "STUDYID,USUBJID,SITEID,DMDTC\nS,01,701,2014-01-01\nS,02,701,2014-01-01\n");
  Write(
      "vs.csv",
      "USUBJID,VSSEQ,VSTESTCD,VSTEST,VSSTRESC,VSSTRESN,VSSTRESU,VSDTC\n"
      "01,1,SYSBP,Systolic,150,150,mmHg,2014-01-02\n02,1,SYSBP,Systolic,170,170,mmHg,2014-01-03\n");
  const std::string before = Write("old.yaml", "rule: A\ntitle: t\nwhen: vs.SYSBP.value > 140.0\n");
  const std::string after =
      Write("new.yaml", "rule: A\ntitle: t\nversion: 2\nwhen: vs.SYSBP.value > 160.0\n");
  const Outcome outcome = Invoke({"diff", before, after, "--data", folder_.string()});
  EXPECT_EQ(outcome.code, 1) << outcome.error;
  EXPECT_THAT(outcome.out, HasSubstr("A: 1 alerts stay, 1 disappear, 0 appear"));
  EXPECT_THAT(outcome.out, HasSubstr("  - 01"));
  EXPECT_THAT(outcome.out, HasSubstr("- when: \"vs.SYSBP.value > 140.0\""));
  EXPECT_EQ(Invoke({"diff", before, before, "--data", folder_.string()}).code, 0);
}

TEST_F(RuleCommandTest, WrongCommandLinesAreUsageErrors) {
  EXPECT_EQ(Invoke({}).code, 2);
  EXPECT_THAT(Invoke({"chekc", "x"}).error, HasSubstr("did you mean `rule check`?"));
  EXPECT_EQ(Invoke({"check"}).code, 2);
  EXPECT_EQ(Invoke({"check", (folder_ / "none.yaml").string()}).code, 2);
  const std::string path = Write("rule.yaml", "rule: A\ntitle: t\nwhen: vs.SYSBP.value > 1.0\n");
  EXPECT_EQ(Invoke({"backtest", path}).code, 2);
  EXPECT_EQ(Invoke({"backtest", path, "--data", folder_.string(), "--mode", "x"}).code, 2);
  EXPECT_EQ(Invoke({"test", path, "--rule", "B"}).code, 2);
}

// The shipped rules over the CDISC pilot study.
class RulePilotTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const shared = std::getenv("VEDETTE_SHARED_DATA");
    data_ = std::filesystem::path(shared != nullptr ? shared : "../shared/data") / "cdiscpilot01";
    if (!std::filesystem::is_directory(data_)) {
      GTEST_SKIP()
          << "the pilot study's files are not there; set VEDETTE_SHARED_DATA to the folder "
             "that holds cdiscpilot01";
    }
  }
  std::string Backtest(const std::string& file, const std::string& rule) {
    const Outcome outcome =
        Invoke({"backtest", "examples/rules/" + file, "--rule", rule, "--data", data_.string()});
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    return outcome.out;
  }
  std::filesystem::path data_;
};

TEST_F(RulePilotTest, HighSystolicPressure) {
  EXPECT_THAT(Backtest("vital-signs.yaml", "VS-HIGH-SBP"),
              HasSubstr("2,559 records, 210 subjects, 583 days"));
}

TEST_F(RulePilotTest, MissingVisits) {
  EXPECT_THAT(Backtest("data-quality.yaml", "DQ-VISIT"), testing::ContainsRegex("alerts +121,"));
}

TEST_F(RulePilotTest, HysLaw) {
  const std::string json = [this] {
    return Invoke({"backtest", "examples/rules/liver.yaml", "--rule", "LIV-HY", "--data",
                   data_.string(), "--json"})
        .out;
  }();
  EXPECT_THAT(json, HasSubstr("\"subjects\":1,"));
  EXPECT_THAT(json, HasSubstr("\"scope\":\"01-705-1186\""));
  EXPECT_THAT(Backtest("liver.yaml", "LIV-HY-PURE"), testing::ContainsRegex("alerts +0,"));
}

}  // namespace
}  // namespace vedette::app
