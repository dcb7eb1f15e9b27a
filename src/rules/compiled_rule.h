// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/dictionary.h"
#include "model/event.h"
#include "rules/rule_spec.h"

namespace vedette::rules {

// Kleene's three values. Only kTrue fires: what is missing or cannot be decided never does.
enum class Verdict : std::uint8_t { kFalse, kTrue, kUnknown };

// What a person needs to check a verdict by hand. Numbers in the item's unit.
struct Explanation {
  std::string expression;  // "SYSBP > 140 mmHg"
  double value = 0;
  Comparator value_comparator = Comparator::kNone;
  std::string unit;
  double threshold = 0;
  Comparison comparison = Comparison::kGreaterThan;
};

// A rule ready to judge events: names resolved, types checked, units converted. Immutable;
// thread-safe. Needs no dictionary any more, so it can be stored as its spec in canonical units and
// compiled again without one.
class CompiledRule {
 public:
  virtual ~CompiledRule() = default;

  // Judges an event of one of items(), with values in canonical units. The same event gives the
  // same verdict at all times and places.
  virtual Verdict Evaluate(const Event& event) const = 0;

  // Of an event on which Evaluate was kTrue.
  virtual Explanation Explain(const Event& event) const = 0;
  // The message with its places filled in. Holds a clinical value.
  virtual std::string Message(const Event& event) const = 0;

  // The items whose events it judges.
  virtual const std::vector<std::string>& items() const = 0;
  // The spec with its threshold in the item's canonical unit.
  virtual const RuleSpec& spec() const = 0;
};

// Checks a rule against its study's dictionary. Violations are for a data manager, with the fields
// of the contract: "condition.item", "condition.unit", "condition.threshold", "message".
Result<std::shared_ptr<const CompiledRule>> Compile(RuleSpec spec,
                                                    const StudyDictionary& dictionary);

// From CompiledRule::spec(), already in canonical units.
std::shared_ptr<const CompiledRule> CompileCanonical(RuleSpec spec);

// value `comparison` threshold, where the value may be only a bound: "<3.42" is below 3.42, so it
// is surely not above 140, and whether it is above 1 cannot be known.
Verdict Compare(NumberValue value, Comparison comparison, double threshold);

}  // namespace vedette::rules
