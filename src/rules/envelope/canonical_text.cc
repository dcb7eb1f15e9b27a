// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/sha256.h"
#include "model/number_text.h"
#include "rules/envelope/duration_text.h"
#include "rules/envelope/envelope.h"
#include "rules/envelope/envelope_words.h"
#include "rules/envelope/yaml_writer.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kIndent = 2;

// A condition that does not parse stays as it was written: it has no other form.
std::string CanonicalCondition(const std::string& text) {
  const auto ast = Parse(text);
  return ast ? Format(*(*ast)->root) : text;
}

std::string Flow(const std::vector<std::string>& words) {
  std::string text = "[";
  for (const std::string& word : words) text += (text.size() > 1 ? ", " : "") + YamlScalar(word);
  return text + "]";
}

class Writer {
 public:
  void Text(std::string_view key, std::string_view text) {
    if (!text.empty()) Line(key, YamlText(text, kIndent));
  }
  void Duration(std::string_view key, Seconds seconds) {
    if (seconds != 0) Line(key, DurationText(seconds));
  }
  void Line(std::string_view key, std::string_view value) {
    text_.append(key).append(": ").append(value).append("\n");
  }
  void Raw(std::string_view text) { text_ += text; }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

void WriteClock(const RuleDefinition& rule, Writer& writer) {
  if (rule.clock_start.empty()) return;
  std::string clock =
      "{start: " + YamlScalar(rule.clock_start) + ", due: " + DurationText(rule.clock_due);
  if (!rule.escalate.empty()) {
    clock += ", escalate: [";
    for (const EscalationStep& step : rule.escalate) {
      if (&step != &rule.escalate.front()) clock += ", ";
      clock += "{at: " + DurationText(step.at) + ", to: " + YamlScalar(step.to) + "}";
    }
    clock += "]";
  }
  writer.Line("clock", clock + "}");
}

std::string GivenText(const TestGiven& given) {
  std::string text = "[" + YamlScalar(given.item) + ", " + YamlScalar(given.at) + ", " +
                     (given.value.empty() ? "null" : YamlScalar(given.value));
  std::string options;
  const auto option = [&](std::string_view key, const std::string& value) {
    options += (options.empty() ? "" : ", ") + std::string(key) + ": " + value;
  };
  if (given.uln) option("uln", NumberText(*given.uln));
  if (given.lln) option("lln", NumberText(*given.lln));
  if (!given.row.empty()) option("row", YamlScalar(given.row));
  if (!given.known.empty()) option("known", YamlScalar(given.known));
  if (!options.empty()) text += ", {" + options + "}";
  return text + "]";
}

void WriteTests(const RuleDefinition& rule, bool names, Writer& writer) {
  if (rule.tests.empty()) return;
  writer.Raw("tests:\n");
  for (const RuleTest& test : rule.tests) {
    std::string_view lead = "  - ";
    if (names && !test.name.empty()) {
      writer.Raw(std::string(lead) + "name: " + YamlScalar(test.name) + "\n");
      lead = "    ";
    }
    if (!test.given.empty()) {
      writer.Raw(std::string(lead) + "given:\n");
      lead = "    ";
      for (const TestGiven& given : test.given) {
        writer.Raw("      - " + GivenText(given) + "\n");
      }
    }
    writer.Raw(std::string(lead) + "expect:\n");
    for (const TestExpectation& expect : test.expect) {
      const std::string at = expect.at.empty() ? "" : "at: " + YamlScalar(expect.at) + ", ";
      writer.Raw("      - {" + at + "state: " + expect.state + "}\n");
    }
  }
}

std::string Write(const RuleDefinition& rule, bool test_names) {
  const RuleDefinition defaults;
  Writer writer;
  writer.Line("rule", YamlScalar(rule.rule_id));
  writer.Line("version", std::to_string(rule.version));
  writer.Text("study", rule.study_id);
  writer.Text("title", rule.title);
  writer.Text("title_zh", rule.title_zh);
  if (rule.scope != defaults.scope) writer.Line("scope", kScopeWords.TextOf(rule.scope));
  if (!rule.each_form.empty()) writer.Line("each", YamlScalar("form." + rule.each_form));
  if (!rule.on.empty()) writer.Line("on", Flow(rule.on));
  writer.Text("when", CanonicalCondition(rule.when));
  if (!rule.resolve_when.empty()) {
    writer.Text("resolve_when", CanonicalCondition(rule.resolve_when));
  }
  if (!rule.units.empty()) {
    writer.Raw("units:\n");
    for (const auto& [item, unit] : rule.units) {
      writer.Raw("  " + YamlScalar(item) + ": " + YamlScalar(unit) + "\n");
    }
  }
  writer.Duration("for", rule.for_);
  writer.Duration("settle", rule.settle);
  writer.Duration("keep_firing_for", rule.keep_firing_for);
  writer.Line("severity", kSeverityWords.TextOf(rule.severity));
  WriteClock(rule, writer);
  if (!rule.route.empty()) writer.Line("route", Flow(rule.route));
  if (rule.dedupe != DefaultDedupe(rule)) writer.Line("dedupe", kDedupeWords.TextOf(rule.dedupe));
  writer.Text("explain", rule.explain);
  writer.Text("explain_zh", rule.explain_zh);
  if (rule.latency_objective_ms != defaults.latency_objective_ms) {
    writer.Line("latency_objective", std::to_string(rule.latency_objective_ms) + "ms");
  }
  WriteTests(rule, test_names, writer);
  return writer.Take();
}

}  // namespace

std::string CanonicalText(const RuleDefinition& definition) { return Write(definition, true); }

std::string ContentHash(const RuleDefinition& definition) {
  const Sha256Digest digest = Sha256(Write(definition, false));
  return HexEncode(AsBytes(digest));
}

}  // namespace vedette::rules
