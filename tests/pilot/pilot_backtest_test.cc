// SPDX-License-Identifier: Apache-2.0
// Rules over the CDISC pilot study as columns, against answers computed outside this project.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "app/rules_data/sdtm_folder.h"
#include "rules/backtest/backtest.h"
#include "rules/syntax/diagnostic.h"

namespace vedette::rules {
namespace {

class PilotBacktestTest : public testing::Test {
 protected:
  static std::filesystem::path Folder() {
    const char* shared = std::getenv("VEDETTE_SHARED_DATA");
    return std::filesystem::path(shared == nullptr ? "../shared/data" : shared) / "cdiscpilot01";
  }
  // Once for all tests.
  static void SetUpTestSuite() {
    if (std::filesystem::is_directory(Folder())) {
      auto study = app::rules_data::LoadSdtmFolder(Folder().string(), {.keep_arrival = true});
      ASSERT_TRUE(study.has_value()) << study.error().message;
      study_ = new app::rules_data::SdtmStudy(std::move(*study));
    }
  }
  static void TearDownTestSuite() {
    delete study_;
    study_ = nullptr;
  }
  void SetUp() override {
    if (study_ == nullptr) {
      GTEST_SKIP() << "the pilot study's files are not at " << Folder();
    }
  }

  static std::shared_ptr<const Rule> Compiled(RuleDefinition definition) {
    definition.study_id = study_->catalog->study_id;
    definition.rule_id = definition.rule_id.empty() ? "R" : definition.rule_id;
    definition.title = "test";
    const std::string when = definition.when;
    auto rule = CompileRule(std::move(definition), study_->catalog);
    if (!rule) {
      ADD_FAILURE() << rule.error().front().code << " " << Render(when, rule.error().front());
      return nullptr;
    }
    return *rule;
  }
  static BacktestResult Run(RuleDefinition definition,
                            BacktestMode mode = BacktestMode::kAsCorrected) {
    const std::shared_ptr<const Rule> rule = Compiled(std::move(definition));
    return rule == nullptr
               ? BacktestResult{}
               : RunBacktest(rule, *study_->history, {.mode = mode, .now = study_->cutoff});
  }
  static std::set<std::string> SubjectsOf(const BacktestResult& result) {
    std::set<std::string> subjects;
    for (const BacktestCount& count : result.by_subject) {
      subjects.insert(count.key);
    }
    return subjects;
  }

  static inline app::rules_data::SdtmStudy* study_ = nullptr;
};

TEST_F(PilotBacktestTest, HighSystolicPressure) {
  const RuleDefinition high{.when = "vs.SYSBP.value > 140.0", .dedupe = Dedupe::kAnchor};
  const BacktestResult result = Run(high);
  EXPECT_EQ(result.records, 2'559U);
  EXPECT_EQ(result.subjects, 210U);
  EXPECT_EQ(result.days, 583U);
  EXPECT_EQ(result.alerts.size(), 2'559U);
  std::uint64_t by_site = 0;
  for (const BacktestCount& site : result.by_site) {
    by_site += site.records;
  }
  EXPECT_EQ(by_site, 2'559U);
  // Nothing was corrected in the published study: what was told is what is true.
  const BacktestResult known = Run(high, BacktestMode::kAsKnown);
  EXPECT_EQ(known.alerts.size(), 2'559U);
  EXPECT_EQ(known.retracted, 0U);
}

// The peaks of eDISH within two weeks of each other, as the FDA's guidance on liver injury of 2009
// looks at them: ALT or AST at 3 times the upper limit, bilirubin at 2 times, alkaline phosphatase
// below 2 times.
TEST_F(PilotBacktestTest, HysLaw) {
  const std::string injury =
      "(lab.ALT.window(days(14)).max_xuln() >= 3.0 || "
      "lab.AST.window(days(14)).max_xuln() >= 3.0) && "
      "lab.TBILI.window(days(14)).max_xuln() >= 2.0";
  EXPECT_EQ(SubjectsOf(Run({.when = injury})), std::set<std::string>{"01-705-1186"});
  const BacktestResult hepatocellular =
      Run({.when = injury + " && !(lab.ALP.window(days(14)).max_xuln() >= 2.0)"});
  EXPECT_EQ(hepatocellular.records, 0U);
  EXPECT_GT(hepatocellular.anchors, 0U);
}

TEST_F(PilotBacktestTest, MissedVisits) {
  const std::string expected =
      "visit.due >= subject.reference && visit.due <= subject.end && now > visit.window_end";
  EXPECT_EQ(Run({.scope = EvaluationScope::kVisit, .when = expected}).records, 2'811U);
  // Due from the first day of treatment to the last day of the study, and no record of it.
  const BacktestResult missed =
      Run({.scope = EvaluationScope::kVisit, .when = "!visit.done && " + expected});
  EXPECT_EQ(missed.records, 121U);
  EXPECT_EQ(missed.alerts.size(), 121U);
}

}  // namespace
}  // namespace vedette::rules
