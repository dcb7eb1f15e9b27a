// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/catalog.h"
#include "rules/envelope/rule_test_runner.h"
#include "rules/rule.h"
#include "services/rule/types.h"

namespace vedette::rule {

// One message of the compiler, with its place in the text it is about.
struct PlacedDiagnostic {
  rules::Diagnostic diagnostic;
  std::string rule_id;  // empty where no rule could be read
  std::string source;   // the text that spans refer to
  std::int32_t line = 1;
  std::int32_t column = 1;  // in characters
  std::string rendered;
};

struct CheckedRule {
  std::shared_ptr<const rules::Rule> rule;
  std::vector<rules::RuleTestResult> tests;
};

// What the compiler says of an envelope. Rules only when there is no error.
struct EnvelopeCheck {
  std::vector<PlacedDiagnostic> diagnostics;
  std::vector<CheckedRule> rules;
  bool ok() const { return !rules.empty(); }
};

// Compiles every rule of the text for the catalog's study, and runs their tests. Pure.
EnvelopeCheck CheckEnvelope(std::string_view text, std::shared_ptr<const rules::Catalog> catalog);

// The only rule of an envelope, as a violation of the field "envelope" where it has mistakes or is
// not `rule_id`. An empty `rule_id` takes any.
Result<CheckedRule> CheckOneRule(std::string_view text,
                                 std::string_view rule_id,
                                 std::shared_ptr<const rules::Catalog> catalog);

// A plain threshold on one item, as the short form of the contract gives it.
struct Threshold {
  std::string rule_id;
  std::string name;
  std::string item;  // code
  rules::Comparison comparison = rules::Comparison::kGreaterThan;
  double value = 0;
  std::string unit;
  rules::Severity severity = rules::Severity::kWarning;
  std::string message;  // with {value} {unit} {item} {subject}
};

// The envelope that says the same, with a test on either side of the threshold. Each firing value
// is an alert of its own. Violations name the fields of the short form.
Result<rules::RuleDefinition> FromThreshold(const Threshold& threshold,
                                            const rules::Catalog& catalog);

// The version as it is kept, but for id, number, author and time.
RuleVersion Describe(const CheckedRule& checked, const rules::Catalog& catalog);

std::string_view ScopeText(rules::EvaluationScope scope);

}  // namespace vedette::rule
