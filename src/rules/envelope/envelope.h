// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.h"

namespace vedette::rules {

// Reads one YAML document of one rule, or a list of rules (a pack). Strict: unknown keys, wrong
// types, bad durations and duplicate keys are errors with their place in the file and a suggestion.
// No aliases, no tags, bounded depth and size. Survives any bytes.
std::expected<std::vector<RuleDefinition>, Diagnostics> ParseEnvelopes(std::string_view yaml);

// The definition as canonical YAML: fixed order of keys, conditions as Format gives them, defaults
// left out. Parsing it gives the same definition; the content hash is SHA-256 of it, without tests'
// names and comments that its author wrote.
std::string CanonicalText(const RuleDefinition& definition);
std::string ContentHash(const RuleDefinition& definition);

}  // namespace vedette::rules
