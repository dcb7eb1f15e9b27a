// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.h"

namespace vedette::rules {

// Where a rule and its fields stand in their file, to place what CompileRule says.
struct RulePlaces {
  Span rule;
  std::map<std::string, Span, std::less<>> fields;
};

// A file of one rule, of a list of rules, or of {pack: name, rules: […]}.
struct EnvelopeFile {
  std::string pack;  // empty: no pack
  std::vector<RuleDefinition> rules;
  std::vector<RulePlaces> places;  // of each rule
};

// Reads one YAML document. Strict: unknown keys, wrong types, bad durations and duplicate keys are
// errors with their place in the file and a suggestion, all of them at once. No aliases, no tags,
// bounded depth and size. Survives any bytes. What the expressions mean is for CompileRule.
std::expected<EnvelopeFile, Diagnostics> ReadEnvelopeFile(std::string_view yaml);

// The same without the places.
std::expected<std::vector<RuleDefinition>, Diagnostics> ParseEnvelopes(std::string_view yaml);

// The field that a diagnostic of CompileRule is about ("when", "explain"), and its code without it.
struct FieldOfDiagnostic {
  std::string field;
  std::string code;
};
FieldOfDiagnostic FieldOf(const Diagnostic& diagnostic);

// The text that the spans of such a diagnostic are within; empty for what is about the whole rule.
std::string_view FieldText(const RuleDefinition& definition, std::string_view field);

// The definition as canonical YAML: fixed order of keys, conditions as Format gives them, defaults
// left out. Parsing it gives the same definition; the content hash is SHA-256 of it, without tests'
// names and comments that its author wrote.
std::string CanonicalText(const RuleDefinition& definition);
std::string ContentHash(const RuleDefinition& definition);

}  // namespace vedette::rules
