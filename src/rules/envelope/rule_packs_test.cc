// SPDX-License-Identifier: Apache-2.0
// Every rule shipped under examples/rules: it compiles against the catalog beside it, its tests
// pass, its canonical text keeps its meaning, and it can be said in both languages.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "rules/envelope/catalog_file.h"
#include "rules/envelope/envelope.h"
#include "rules/envelope/explain.h"
#include "rules/envelope/rule_test_runner.h"

namespace vedette::rules {
namespace {

const std::filesystem::path kFolder = "examples/rules";

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<const Catalog> ShippedCatalog() {
  const auto catalog = ParseCatalog(ReadText(kFolder / "catalog.yaml"));
  EXPECT_TRUE(catalog.has_value()) << (catalog ? "" : catalog.error()[0].message);
  return catalog ? *catalog : nullptr;
}

class RulePacksTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    catalog_ = ShippedCatalog();
    ASSERT_NE(catalog_, nullptr);
    const auto file = ReadEnvelopeFile(ReadText(kFolder / GetParam()));
    ASSERT_TRUE(file.has_value()) << file.error()[0].message;
    for (const RuleDefinition& definition : file->rules) {
      const auto rule = CompileRule(definition, catalog_);
      ASSERT_TRUE(rule.has_value())
          << definition.rule_id << " " << rule.error()[0].code << ": " << rule.error()[0].message;
      rules_.push_back(*rule);
    }
  }

  std::shared_ptr<const Catalog> catalog_;
  std::vector<std::shared_ptr<const Rule>> rules_;
};

TEST_P(RulePacksTest, EveryTestPasses) {
  ASSERT_GE(rules_.size(), 4U);
  for (const auto& rule : rules_) {
    for (const RuleTestResult& result : RunRuleTests(rule, catalog_)) {
      EXPECT_TRUE(result.passed) << rule->definition().rule_id << ", " << result.name << ": "
                                 << result.message;
    }
  }
}

TEST_P(RulePacksTest, EveryRuleHasATestThatFiresAndOneThatDoesNot) {
  for (const auto& rule : rules_) {
    bool fires = false;
    bool does_not = false;
    for (const RuleTest& test : rule->definition().tests) {
      std::set<std::string> states;
      for (const TestExpectation& expectation : test.expect) states.insert(expectation.state);
      fires |= states.contains("firing") || states.contains("pending");
      does_not |= !states.contains("firing");
    }
    EXPECT_TRUE(fires && does_not) << rule->definition().rule_id;
    EXPECT_FALSE(rule->definition().title_zh.empty()) << rule->definition().rule_id;
  }
}

TEST_P(RulePacksTest, CanonicalTextCompilesToTheSameHash) {
  for (const auto& rule : rules_) {
    const std::string canonical = CanonicalText(rule->definition());
    const auto again = ParseEnvelopes(canonical);
    ASSERT_TRUE(again.has_value()) << canonical;
    const auto compiled = CompileRule((*again)[0], catalog_);
    ASSERT_TRUE(compiled.has_value()) << canonical;
    EXPECT_EQ((*compiled)->content_hash(), rule->content_hash()) << canonical;
  }
}

TEST_P(RulePacksTest, EveryRuleIsSaidInBothLanguages) {
  for (const auto& rule : rules_) {
    for (const Language language : {Language::kEnglish, Language::kChinese}) {
      const std::string text = Describe(*rule, *catalog_, language);
      EXPECT_FALSE(text.empty());
      // Nothing of the source is left over.
      for (const char* code : {"&&", "||", "days(", "window(", "row.", "lab.", "vs."}) {
        EXPECT_EQ(text.find(code), std::string::npos) << rule->definition().rule_id << ": " << text;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shipped,
                         RulePacksTest,
                         testing::Values("essential.yaml",
                                         "vital-signs.yaml",
                                         "liver.yaml",
                                         "cardiac.yaml",
                                         "haematology.yaml",
                                         "data-quality.yaml",
                                         "ae-consistency.yaml"),
                         [](const auto& info) {
                           std::string name = info.param.substr(0, info.param.find('.'));
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace vedette::rules
