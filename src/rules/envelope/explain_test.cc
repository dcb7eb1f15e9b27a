// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "rules/check/test_catalog.h"
#include "rules/clinical/pools.h"
#include "rules/clinical/record.h"
#include "rules/clinical/visit_schedule.h"
#include "rules/envelope/catalog_file.h"
#include "rules/envelope/envelope.h"
#include "rules/envelope/test_changes.h"
#include "rules/envelope/test_time.h"

namespace vedette::rules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A subject out of what a rule's test gives.
class Record {
 public:
  explicit Record(std::shared_ptr<const Catalog> catalog)
      : layout_(catalog),
        pools_{.layout = &layout_, .texts = &texts_, .ranges = &ranges_},
        record_(&pools_) {}

  void Put(const std::vector<TestGiven>& given) {
    const auto changes = MakeTestChanges(given, layout_.catalog());
    ASSERT_TRUE(changes.has_value()) << changes.error();
    for (const Change& change : *changes) record_.Apply(change);
  }
  const SubjectRecord& view() const { return record_; }

  Anchor At(const char* item, std::size_t index) const {
    const std::uint32_t number = layout_.catalog().IndexOf(*layout_.catalog().FindSeries(item));
    const Observation& observation = record_.Series(number)[index];
    return {.item = number,
            .index = static_cast<std::uint32_t>(index),
            .time = observation.time(),
            .key = observation.key(),
            .as_of = observation.time(),
            .now = observation.time()};
  }

 private:
  RecordLayout layout_;
  HashTextPool texts_;
  HashRangeTable ranges_;
  RecordPools pools_;
  SubjectRecord record_;
};

std::shared_ptr<const Rule> Compile(RuleDefinition definition) {
  definition.rule_id = "A";
  definition.title = "High";
  definition.title_zh = "高";
  const auto rule = CompileRule(std::move(definition), TestCatalog());
  EXPECT_TRUE(rule.has_value()) << (rule ? "" : rule.error()[0].message);
  return rule ? *rule : nullptr;
}

TEST(ExplainTest, NotesWhatWasReadAndNothingElse) {
  Record record(TestCatalog());
  record.Put({{"lab.ALT", "D1", "30", 40},
              {"lab.ALT", "D20", "130", 40},
              {"lab.ALT", "D22", "90", 40},
              {"lab.AST", "D22", "300", 40},
              {"lab.ALT", "D30", "500", 40}});
  const auto rule = Compile({.when = "lab.ALT.window(days(14)).max_xuln() >= 3.0 || "
                                     "lab.AST.xuln > 5.0"});
  const Anchor anchor = record.At("lab.ALT", 2);
  const Evidence evidence = Explain(*rule, record.view(), anchor);
  EXPECT_EQ(evidence.verdict, Truth::kTrue);
  EXPECT_EQ(evidence.rule_hash, rule->content_hash());
  // AST was not read: the first half was true already. D1 lies before the window, D30 after.
  std::vector<double> values;
  for (const EvidenceObservation& read : evidence.observations) values.push_back(read.value);
  EXPECT_THAT(values, ElementsAre(130, 90));
  EXPECT_EQ(evidence.observations[1].key, anchor.key);
  EXPECT_EQ(evidence.observations[0].range_high, 40);
  ASSERT_GE(evidence.steps.size(), 3U);
  EXPECT_EQ(evidence.steps[0].value, "true");
  EXPECT_EQ(evidence.steps[2].expression, "lab.ALT.window(days(14)).max_xuln()");
  EXPECT_EQ(evidence.steps[2].value, "3.25");
  EXPECT_EQ(evidence.steps[2].depth, 2U);
}

TEST(ExplainTest, FillsInTheTemplatesAndSaysWhatIsUnknown) {
  Record record(TestCatalog());
  record.Put({{"lab.ALT", "D20", "130", 40}});
  const auto rule =
      Compile({.when = "lab.ALT.xuln >= 3.0",
               .explain = "{{ALT}} {lab.ALT.xuln:.1f} on {lab.ALT.time:date}, AST {lab.AST.value}",
               .explain_zh = "ALT {lab.ALT.value}，AST {lab.AST.value:.1f}"});
  const Evidence evidence = Explain(*rule, record.view(), record.At("lab.ALT", 0));
  EXPECT_EQ(evidence.text_en, "{ALT} 3.2 on 2024-01-20, AST unknown");
  EXPECT_EQ(evidence.text_zh, "ALT 130，AST 未知");
}

TEST(ExplainTest, WithoutTemplateTheStepsMakeASentence) {
  Record record(TestCatalog());
  record.Put({{"vs.SYSBP", "D1", "182"}});
  const auto rule = Compile({.when = "vs.SYSBP.value > 180.0"});
  const Evidence evidence = Explain(*rule, record.view(), record.At("vs.SYSBP", 0));
  EXPECT_EQ(evidence.text_en, "High: Systolic Blood Pressure 182 mmHg");
  EXPECT_EQ(evidence.text_zh, "高：收缩压 182 mmHg");
}

TEST(ExplainTest, ABoundIsShownAsOne) {
  Record record(TestCatalog());
  record.Put({{"lab.ALT", "D1", "<5"}});
  const auto rule = Compile({.when = "lab.ALT.value < 10.0"});
  const Evidence evidence = Explain(*rule, record.view(), record.At("lab.ALT", 0));
  EXPECT_EQ(evidence.verdict, Truth::kTrue);
  EXPECT_EQ(evidence.observations[0].flags, Observation::kBelow);
  EXPECT_EQ(Replay(*rule, evidence), Truth::kTrue);
}

TEST(ExplainTest, WithoutItsObservationsAVerdictIsNotReproduced) {
  Record record(TestCatalog());
  record.Put({{"vs.SYSBP", "D1", "182"}, {"vs.DIABP", "D1", "120"}});
  const auto rule = Compile({.when = "vs.SYSBP.value > 180.0 && vs.DIABP.value > 110.0"});
  Evidence evidence = Explain(*rule, record.view(), record.At("vs.SYSBP", 0));
  EXPECT_EQ(Replay(*rule, evidence), Truth::kTrue);
  const std::uint32_t anchor = evidence.anchor_item;
  std::erase_if(evidence.observations,
                [&](const EvidenceObservation& read) { return read.item != anchor; });
  EXPECT_EQ(Replay(*rule, evidence), Truth::kUnknown);
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Every anchor of the test data of every shipped rule, at several times.
std::vector<Anchor> AnchorsOf(const Rule& rule, const SubjectView& view) {
  std::vector<Anchor> anchors;
  const Seconds later = kTestReference + 60 * kDay;
  for (const std::uint32_t item : rule.anchors()) {
    const auto series = view.Series(item);
    for (std::uint32_t i = 0; i < series.size(); ++i) {
      anchors.push_back({.item = item,
                         .index = i,
                         .time = series[i].time(),
                         .key = series[i].key(),
                         .as_of = series[i].time() + rule.definition().settle,
                         .now = series[i].time() + 40 * kDay});
    }
  }
  if (rule.definition().scope == EvaluationScope::kRow) {
    for (const FormRow& row : view.Rows(rule.definition().each_form)) {
      anchors.push_back(
          {.row = &row, .time = row.time, .key = row.key, .as_of = row.time, .now = later});
    }
  }
  if (rule.definition().scope == EvaluationScope::kVisit) {
    for (const CatalogVisit& visit : view.catalog().visits) {
      anchors.push_back({.visit = &visit, .time = later, .as_of = later, .now = later});
    }
  }
  if (anchors.empty()) anchors.push_back({.time = later, .as_of = later, .now = later});
  return anchors;
}

TEST(ExplainTest, ReplayOfTheEvidenceGivesTheVerdictOfEveryShippedRule) {
  const auto catalog = ParseCatalog(ReadText("examples/rules/catalog.yaml"));
  ASSERT_TRUE(catalog.has_value());
  std::size_t judged = 0;
  std::size_t fired = 0;
  for (const char* pack : {"essential", "vital-signs", "liver", "cardiac", "haematology",
                           "data-quality", "ae-consistency"}) {
    const auto definitions =
        ParseEnvelopes(ReadText(std::string("examples/rules/") + pack + ".yaml"));
    ASSERT_TRUE(definitions.has_value()) << pack;
    for (const RuleDefinition& definition : *definitions) {
      if (definition.scope == EvaluationScope::kSite) continue;
      const auto rule = CompileRule(definition, *catalog);
      ASSERT_TRUE(rule.has_value()) << definition.rule_id;
      for (const RuleTest& test : definition.tests) {
        Record record(*catalog);
        record.Put(test.given);
        for (const Anchor& anchor : AnchorsOf(**rule, record.view())) {
          const Evidence evidence = Explain(**rule, record.view(), anchor);
          EXPECT_EQ(Replay(**rule, evidence), evidence.verdict)
              << definition.rule_id << ", " << test.name;
          ++judged;
          fired += evidence.verdict == Truth::kTrue ? 1 : 0;
        }
      }
    }
  }
  EXPECT_GT(judged, 150U);
  EXPECT_GT(fired, 40U);
}

}  // namespace
}  // namespace vedette::rules
