// SPDX-License-Identifier: Apache-2.0
#include "services/rule/authoring.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/suggest.h"
#include "model/number_text.h"
#include "model/unit_table.h"
#include "rules/envelope/envelope.h"
#include "rules/envelope/explain.h"

namespace vedette::rule {
namespace {

using rules::Diagnostic;
using rules::Diagnostics;
using rules::RuleDefinition;

// The field of the definition that a diagnostic's code names: "explain/unknown_item" → explain.
std::string_view SourceOf(const RuleDefinition& definition, std::string_view code) {
  const std::size_t slash = code.find('/');
  const std::string_view field = slash == code.npos ? "when" : code.substr(0, slash);
  if (field == "resolve_when") return definition.resolve_when;
  if (field == "explain") return definition.explain;
  if (field == "explain_zh") return definition.explain_zh;
  return definition.when;
}

PlacedDiagnostic Place(Diagnostic diagnostic, std::string_view source, std::string rule_id) {
  PlacedDiagnostic placed{.rule_id = std::move(rule_id), .source = std::string(source)};
  const std::string_view before =
      source.substr(0, std::min<std::size_t>(diagnostic.span.begin, source.size()));
  placed.line = 1 + static_cast<std::int32_t>(std::ranges::count(before, '\n'));
  const std::size_t newline = before.rfind('\n');
  for (const char c : newline == before.npos ? before : before.substr(newline + 1)) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++placed.column;
  }
  placed.rendered = rules::Render(source, diagnostic);
  placed.diagnostic = std::move(diagnostic);
  return placed;
}

bool HasError(const std::vector<PlacedDiagnostic>& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const PlacedDiagnostic& placed) {
    return placed.diagnostic.gravity == rules::Gravity::kError;
  });
}

std::string InWords(const PlacedDiagnostic& placed) {
  std::string text = "line " + std::to_string(placed.line) + ", column " +
                     std::to_string(placed.column) + ": " + placed.diagnostic.message;
  if (!placed.diagnostic.suggestion.empty()) text += "; " + placed.diagnostic.suggestion;
  return text;
}

std::string Operator(rules::Comparison comparison) {
  return comparison == rules::Comparison::kEqual ? "=="
                                                 : std::string(rules::ComparisonText(comparison));
}

// A number as CEL writes a double: "140.0".
std::string DoubleText(double number) {
  std::string text = NumberText(number);
  if (text.find_first_of(".e") == text.npos) text += ".0";
  return text;
}

// The places of the short form as an explanation's template; a brace that is none is doubled.
Result<std::string> ToTemplate(const Threshold& threshold, const rules::CatalogItem& item) {
  std::string result;
  const std::string& message = threshold.message;
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '}') result += '}';
    if (message[i] != '{') {
      result += message[i];
      continue;
    }
    const std::size_t end = message.find('}', i);
    const std::string place =
        end == message.npos ? message.substr(i) : message.substr(i + 1, end - i - 1);
    if (place == "value") {
      result += "{" + item.name + ".value}";
    } else if (place == "unit") {
      result += item.unit;
    } else if (place == "item") {
      result += item.label.empty() ? item.code : item.label;
    } else if (place == "subject") {
      result += "{subject.id}";
    } else {
      return FailField("message", "knows {value}, {unit}, {item} and {subject}; not {" + place +
                                      (end == message.npos ? "" : "}"));
    }
    i = end;
  }
  return result;
}

// Values on either side of the threshold: one at which the rule fires, one at which it must not.
std::pair<double, double> Sides(rules::Comparison comparison, double threshold) {
  const double step = std::max(1.0, std::abs(threshold) / 100);
  switch (comparison) {
    case rules::Comparison::kGreaterThan:
      return {threshold + step, threshold};
    case rules::Comparison::kGreaterOrEqual:
      return {threshold, threshold - step};
    case rules::Comparison::kLessThan:
      return {threshold - step, threshold};
    case rules::Comparison::kLessOrEqual:
      return {threshold, threshold + step};
    case rules::Comparison::kEqual:
      return {threshold, threshold + step};
    case rules::Comparison::kNotEqual:
      return {threshold + step, threshold};
  }
  return {threshold, threshold};
}

rules::RuleTest TestAt(std::string name, const std::string& item, double value, std::string state) {
  return {.name = std::move(name),
          .given = {{.item = item, .at = "D1", .value = NumberText(value)}},
          .expect = {{.at = "D1", .state = std::move(state)}}};
}

// Tests on either side of the threshold, in the item's unit. Where that is another than the rule's,
// rounding may decide at the threshold itself: there nothing is asked.
std::vector<rules::RuleTest> TestsOf(const Threshold& threshold,
                                     const rules::CatalogItem& item,
                                     const UnitConversion& conversion) {
  const auto [fires, quiet] = Sides(threshold.comparison, threshold.value);
  const bool exact = threshold.unit == item.unit;
  const auto in_item_unit = [&](double number) {
    return exact ? number : number * conversion.factor + conversion.offset;
  };
  std::vector<rules::RuleTest> tests;
  if (exact || fires != threshold.value) {
    tests.push_back(TestAt("beyond the threshold", item.name, in_item_unit(fires), "firing"));
  }
  if (exact || quiet != threshold.value) {
    tests.push_back(TestAt("short of the threshold", item.name, in_item_unit(quiet), "inactive"));
  }
  return tests;
}

Result<const rules::CatalogItem*> FindItem(const Threshold& threshold,
                                           const rules::Catalog& catalog) {
  const rules::CatalogItem* item = catalog.FindByCode(threshold.item);
  if (item == nullptr) {
    std::vector<std::string_view> codes;
    for (const rules::CatalogItem& one : catalog.items) codes.push_back(one.code);
    std::string text = "there is no item " + threshold.item + " in study " + catalog.study_id;
    if (const auto near = Suggest(threshold.item, codes); !near.empty()) {
      text.append("; did you mean ").append(near).append("?");
    }
    return FailField("condition.item", std::move(text));
  }
  if (item->role != rules::CatalogItem::Role::kSeries || item->kind != rules::ValueKind::kNumber) {
    return FailField("condition.item",
                     item->code + " is no series of numbers; only those have a threshold");
  }
  return item;
}

}  // namespace

std::string_view ScopeText(rules::EvaluationScope scope) {
  switch (scope) {
    case rules::EvaluationScope::kRow:
      return "row";
    case rules::EvaluationScope::kVisit:
      return "visit";
    case rules::EvaluationScope::kSite:
      return "site";
    case rules::EvaluationScope::kStudy:
      return "study";
    case rules::EvaluationScope::kSubject:
      break;
  }
  return "subject";
}

EnvelopeCheck CheckEnvelope(std::string_view text, std::shared_ptr<const rules::Catalog> catalog) {
  EnvelopeCheck check;
  auto definitions = rules::ParseEnvelopes(text);
  if (!definitions) {
    for (Diagnostic& one : definitions.error()) {
      check.diagnostics.push_back(Place(std::move(one), text, ""));
    }
    return check;
  }
  std::vector<CheckedRule> compiled;
  for (RuleDefinition& definition : *definitions) {
    definition.study_id = catalog->study_id;
    auto rule = rules::CompileRule(definition, catalog);
    const Diagnostics& diagnostics = rule ? (*rule)->warnings() : rule.error();
    for (const Diagnostic& one : diagnostics) {
      check.diagnostics.push_back(Place(one, SourceOf(definition, one.code), definition.rule_id));
    }
    if (rule) compiled.push_back({*std::move(rule), {}});
  }
  if (HasError(check.diagnostics)) return check;
  for (CheckedRule& one : compiled) one.tests = rules::RunRuleTests(one.rule, catalog);
  check.rules = std::move(compiled);
  return check;
}

Result<CheckedRule> CheckOneRule(std::string_view text,
                                 std::string_view rule_id,
                                 std::shared_ptr<const rules::Catalog> catalog) {
  EnvelopeCheck check = CheckEnvelope(text, std::move(catalog));
  if (!check.ok()) {
    Error error{Code::kInvalidArgument, "The rule has mistakes."};
    for (const PlacedDiagnostic& one : check.diagnostics) {
      if (one.diagnostic.gravity != rules::Gravity::kError) continue;
      error.violations.push_back({"envelope", InWords(one)});
    }
    return Fail(std::move(error));
  }
  if (check.rules.size() != 1) {
    return FailField("envelope", "holds " + std::to_string(check.rules.size()) +
                                     " rules; a version is written one at a time");
  }
  const std::string& named = check.rules.front().rule->definition().rule_id;
  if (!rule_id.empty() && named != rule_id) {
    return FailField("envelope", "is of rule " + named + ", not of " + std::string(rule_id));
  }
  return std::move(check.rules.front());
}

Result<RuleDefinition> FromThreshold(const Threshold& threshold, const rules::Catalog& catalog) {
  VEDETTE_TRY(const rules::CatalogItem* item, FindItem(threshold, catalog));
  if (!std::isfinite(threshold.value)) {
    return FailField("condition.threshold", "is not a finite number");
  }
  const std::optional<UnitConversion> conversion =
      threshold.unit == item->unit ? UnitConversion{}
                                   : ConvertUnit(item->code, threshold.unit, item->unit);
  if (!conversion) {
    return FailField("condition.unit",
                     "cannot be converted to " +
                         (item->unit.empty() ? std::string("a plain number") : item->unit) +
                         ", the unit of " + item->code);
  }
  VEDETTE_TRY(std::string explain, ToTemplate(threshold, *item));
  RuleDefinition definition{.rule_id = threshold.rule_id,
                            .study_id = catalog.study_id,
                            .title = threshold.name,
                            .on = {item->name},
                            .when = item->name + ".value " + Operator(threshold.comparison) + " " +
                                    DoubleText(threshold.value),
                            .severity = threshold.severity,
                            .dedupe = rules::Dedupe::kAnchor,
                            .explain = std::move(explain),
                            .tests = TestsOf(threshold, *item, *conversion)};
  if (threshold.unit != item->unit) definition.units.emplace(item->name, threshold.unit);
  return definition;
}

RuleVersion Describe(const CheckedRule& checked, const rules::Catalog& catalog) {
  const RuleDefinition& definition = checked.rule->definition();
  RuleVersion version{
      .study_id = catalog.study_id,
      .rule_id = definition.rule_id,
      .version = definition.version,
      .name = definition.title,
      .name_zh = definition.title_zh,
      .severity = definition.severity,
      .scope = std::string(ScopeText(definition.scope)),
      .definition = rules::CanonicalText(definition),
      .content_hash = checked.rule->content_hash(),
      .plain_words = rules::Describe(*checked.rule, catalog, rules::Language::kEnglish),
      .plain_words_zh = rules::Describe(*checked.rule, catalog, rules::Language::kChinese),
      .unblinding = checked.rule->facts().unblinding,
      .tests = static_cast<std::int32_t>(checked.tests.size()),
      .tests_passed = !checked.tests.empty() &&
                      std::ranges::all_of(checked.tests, &rules::RuleTestResult::passed)};
  for (const std::uint32_t item : checked.rule->facts().items) {
    version.items.push_back(catalog.items[item].code);
  }
  return version;
}

}  // namespace vedette::rule
