// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vedette::rules {
namespace {

constexpr std::string_view kHepatic = R"yaml(
rule: HEP-01
version: 3                      # immutable once approved
study: ABC-123
title: "Potential Hy's law (FDA DILI)"
title_zh: 疑似 Hy 定律
scope: subject
on: [lab.ALT, lab.AST, lab.TBILI, lab.ALP]
when: (lab.ALT.window(days(14)).max_xuln() >= 3.0 || lab.AST.window(days(14)).max_xuln() >= 3.0)
      && lab.TBILI.window(days(14)).max_xuln() >= 2.0 && !(lab.ALP.window(days(14)).max_xuln() >= 2.0)
for: 0d
settle: 0d
resolve_when: lab.ALT.xuln < 2.0 && lab.TBILI.xuln < 1.5     # hysteresis
keep_firing_for: 0d
units: {lab.CREAT: umol/L}
severity: critical
clock: {start: first_known, due: 24h, escalate: [{at: 12h, to: medical_monitor}, {at: 20h, to: safety_lead}]}
route: [hepatic, safety]
dedupe: episode
explain: "ALT {lab.ALT.xuln:.1f}xULN on {lab.ALT.time:date}, bilirubin {lab.TBILI.xuln:.1f}xULN"
explain_zh: ALT {lab.ALT.xuln:.1f} 倍
latency_objective: 20ms
tests:
  - given: [[ALT, D1, 130, {uln: 40}], [TBILI, D9, 2.6, {uln: 1.2}]]
    expect: [{at: D9, state: firing}]
)yaml";

Diagnostics ErrorsOf(std::string_view yaml) {
  const auto rules = ParseEnvelopes(yaml);
  return rules ? Diagnostics{} : rules.error();
}

TEST(EnvelopeTest, ReadsEveryField) {
  const auto rules = ParseEnvelopes(kHepatic);
  ASSERT_TRUE(rules.has_value()) << rules.error()[0].message;
  ASSERT_EQ(rules->size(), 1U);
  const RuleDefinition& rule = (*rules)[0];
  EXPECT_EQ(rule.rule_id, "HEP-01");
  EXPECT_EQ(rule.version, 3);
  EXPECT_EQ(rule.study_id, "ABC-123");
  EXPECT_EQ(rule.title_zh, "疑似 Hy 定律");
  EXPECT_EQ(rule.on.size(), 4U);
  EXPECT_THAT(rule.when, testing::EndsWith("max_xuln() >= 2.0)"));
  EXPECT_EQ(rule.resolve_when, "lab.ALT.xuln < 2.0 && lab.TBILI.xuln < 1.5");
  EXPECT_EQ(rule.units.at("lab.CREAT"), "umol/L");
  EXPECT_EQ(rule.severity, Severity::kCritical);
  EXPECT_EQ(rule.clock_start, "first_known");
  EXPECT_EQ(rule.clock_due, kDay);
  ASSERT_EQ(rule.escalate.size(), 2U);
  EXPECT_EQ(rule.escalate[1], (EscalationStep{20 * 3600, "safety_lead"}));
  EXPECT_EQ(rule.route, (std::vector<std::string>{"hepatic", "safety"}));
  EXPECT_EQ(rule.latency_objective_ms, 20);
  ASSERT_EQ(rule.tests.size(), 1U);
  ASSERT_EQ(rule.tests[0].given.size(), 2U);
  EXPECT_EQ(rule.tests[0].given[1].uln, 1.2);
  EXPECT_EQ(rule.tests[0].given[1].at, "D9");
  EXPECT_EQ(rule.tests[0].expect[0].state, "firing");
}

TEST(EnvelopeTest, AFileHoldsARuleAListOrAPack) {
  const std::string one = "rule: A\ntitle: t\nwhen: 'true'\n";
  const std::string list = "- {rule: A, title: t, when: x}\n- {rule: B, title: t, when: x}\n";
  EXPECT_EQ(ParseEnvelopes(one)->size(), 1U);
  EXPECT_EQ(ParseEnvelopes(list)->size(), 2U);
  const auto pack = ReadEnvelopeFile("pack: liver\nrules:\n" + list);
  ASSERT_TRUE(pack.has_value());
  EXPECT_EQ(pack->pack, "liver");
  EXPECT_EQ(pack->rules.size(), 2U);
}

TEST(EnvelopeTest, TestRowsMayNameARowOfAForm) {
  const auto rules = ParseEnvelopes(R"(
rule: A
title: t
when: x
tests:
  - name: starts early
    given:
      - {form: AE, row: 2, at: D3, fields: {AESER: Y, AESTDT: D2}}
      - {item: lab.ALT, at: D1 08:00, value: <3.42, lln: 1}
      - [lab.ALT, D1 08:00, null]
    expect: [{state: inactive}]
)");
  ASSERT_TRUE(rules.has_value()) << rules.error()[0].message;
  const std::vector<TestGiven>& given = (*rules)[0].tests[0].given;
  ASSERT_EQ(given.size(), 4U);
  EXPECT_EQ(given[1].item, "AE.AESTDT");
  EXPECT_EQ(given[1].row, "2");
  EXPECT_EQ(given[1].value, "D2");
  EXPECT_EQ(given[2].value, "<3.42");
  EXPECT_EQ(given[2].lln, 1);
  EXPECT_EQ(given[3].value, "");
}

struct Mistake {
  std::string_view yaml;
  std::string_view code;
  std::string_view at;  // what the span begins with
  std::string_view suggestion;
};

TEST(EnvelopeTest, TellsMistakesWithTheirPlaceAndWhatToWrite) {
  const Mistake mistakes[] = {
      {"rule: A\ntitle: t\nwhen: x\nseverety: info", "unknown_key", "severety", "severity"},
      {"rule: A\ntitle: t\nwhen: x\nseverity: critcal", "bad_choice", "critcal", "critical"},
      {"rule: A\ntitle: t\nwhen: x\nfor: 2 hours", "bad_duration", "2 hours", "2h"},
      {"rule: A\ntitle: t\nwhen: x\nversion: 0", "bad_number", "0", ""},
      {"rule: A\ntitle: t\nwhen: x\nversion: 1.5", "bad_number", "1.5", ""},
      {"rule: A B\ntitle: t\nwhen: x", "bad_word", "A B", ""},
      {"rule: A\ntitle: [t]\nwhen: x", "wrong_type", "[t]", ""},
      {"rule: A\ntitle: t", "missing_key", "rule", ""},
      {"title: t\nwhen: x", "missing_key", "title", ""},
      {"rule: A\ntitle: t\nwhen: x\nwhen: y", "duplicate_key", "when: y", ""},
      {"rule: A\ntitle: t\nwhen: x\nclock: {begin: now}", "unknown_key", "begin", "start"},
      {"rule: A\ntitle: t\nwhen: x\nlatency_objective: 50", "bad_duration", "50", "50ms"},
      {"rule: A\ntitle: t\nwhen: x\ntests: [{expect: [{state: fireing}]}]", "bad_choice", "fireing",
       "firing"},
      {"rule: A\ntitle: t\nwhen: x\ntests: [{given: [[ALT, 1, 2]], expect: [{state: firing}]}]",
       "bad_time", "1,", "D1"},
      {"rule: A\ntitle: t\nwhen: x\ntests: [{given: [[ALT]], expect: [{state: firing}]}]",
       "bad_given", "[ALT]", "ALT"},
      {"rule: A\ntitle: t\nwhen: x\ntests: [{given: [{form: AE, at: D1, fields: {A B: 1}}], "
       "expect: "
       "[{state: firing}]}]",
       "bad_word", "A B", ""},
      {"- {rule: A, title: t, when: x}\n- {rule: A, title: t, when: x}", "duplicate_rule", "A,",
       ""},
      {"rules: 3", "wrong_type", "3", ""},
      {"[]", "empty_file", "[]", ""},
      {"3", "wrong_type", "3", ""},
  };
  for (const Mistake& mistake : mistakes) {
    const Diagnostics errors = ErrorsOf(mistake.yaml);
    ASSERT_FALSE(errors.empty()) << mistake.yaml;
    const Diagnostic& error = errors[0];
    EXPECT_EQ(error.code, mistake.code) << mistake.yaml;
    EXPECT_TRUE(mistake.yaml.substr(error.span.begin).starts_with(mistake.at))
        << mistake.yaml << " at " << error.span.begin;
    EXPECT_THAT(error.suggestion, testing::HasSubstr(mistake.suggestion)) << mistake.yaml;
  }
}

TEST(EnvelopeTest, TellsAllMistakesAtOnce) {
  EXPECT_EQ(ErrorsOf("rule: A\nfor: x\nsettle: y\nzzz: 1\n").size(), 5U);
}

TEST(EnvelopeTest, ControlCharactersAreRefused) {
  EXPECT_EQ(ErrorsOf("rule: A\ntitle: \"a\\0b\"\nwhen: x")[0].code, "bad_character");
}

TEST(EnvelopeTest, CanonicalTextReadsBackAsItself) {
  const auto rules = ParseEnvelopes(kHepatic);
  ASSERT_TRUE(rules.has_value());
  const std::string canonical = CanonicalText((*rules)[0]);
  const auto again = ParseEnvelopes(canonical);
  ASSERT_TRUE(again.has_value()) << canonical << again.error()[0].message;
  EXPECT_EQ(CanonicalText((*again)[0]), canonical);
  EXPECT_EQ(ContentHash((*again)[0]), ContentHash((*rules)[0]));
}

TEST(EnvelopeTest, TheHashIsOfWhatTheRuleMeans) {
  const auto hash = [](std::string_view yaml) { return ContentHash((*ParseEnvelopes(yaml))[0]); };
  const std::string base = "rule: A\ntitle: t\nwhen: a > 1.0 && b\n";
  EXPECT_EQ(hash(base).size(), 64U);
  EXPECT_EQ(hash(base),
            hash("# note\nwhen: a  >  1.0 &&\n  (b)\ntitle: \"t\"\nrule: A\nfor: 0d\n"));
  EXPECT_NE(hash(base), hash("rule: A\ntitle: t\nwhen: a > 1.5 && b\n"));
  EXPECT_NE(hash(base), hash(base + "severity: critical\n"));
  const std::string tests = "given: [[X, D1, 1]], expect: [{state: firing}]}]\n";
  EXPECT_EQ(hash(base + "tests: [{name: one, " + tests), hash(base + "tests: [{" + tests));
  EXPECT_NE(hash(base), hash(base + "tests: [{" + tests));
}

TEST(EnvelopeTest, RowsAreMattersOfTheirOwnUnlessTheEnvelopeSaysOtherwise) {
  const std::string row =
      "rule: A\ntitle: t\nscope: row\neach: form.AE\nwhen: row.AESER == \"Y\"\n";
  const auto alone = ParseEnvelopes(row);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->front().dedupe, Dedupe::kAnchor);
  EXPECT_EQ(CanonicalText(alone->front()).find("dedupe"), std::string::npos);
  const auto joined = ParseEnvelopes(row + "dedupe: episode\n");
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->front().dedupe, Dedupe::kEpisode);
  EXPECT_EQ(ParseEnvelopes(CanonicalText(joined->front()))->front().dedupe, Dedupe::kEpisode);
  const auto held = ParseEnvelopes(row + "for: 2d\n");
  ASSERT_TRUE(held);
  EXPECT_EQ(held->front().dedupe, Dedupe::kEpisode) << "only episodes can be held";
}

}  // namespace
}  // namespace vedette::rules
