// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "rules/envelope/schema_reader.h"
#include "rules/envelope/yaml_tree.h"
#include "rules/rule.h"

namespace vedette::rules {

// The `tests` of an envelope. What is given is a list of
//   [ALT, D1, 130, {uln: 40}]              item, when, value; null takes back what was there
//   {item: ALT, at: D1, value: 130}        the same, spelled out
//   {form: AE, row: 1, at: D3, fields: {AESER: Y, AESTDT: D2}}    a row of a form
// each with `known: D10` when Vedette learns of it later than it happened; what is given once more
// for the same item and time is a correction. What is expected is a list of {at: D9, state:
// firing}.
std::vector<RuleTest> ReadTests(const YamlNode& node, SchemaReader& reader);

}  // namespace vedette::rules
