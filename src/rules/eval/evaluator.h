// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/eval/value.h"
#include "rules/syntax/ast.h"

namespace vedette::rules {

// What names and functions mean beyond the standard library.
class Scope {
 public:
  virtual ~Scope() = default;
  // "lab.ALT", "now", "row"; nullopt when there is no such name.
  virtual std::optional<Value> Find(std::string_view name) const = 0;
  // days(14), codelist("X"), qtcf(qt, rr): functions without target. nullopt: not one of these.
  // No argument is unknown or an error; elements of a list may be unknown.
  virtual std::optional<Value> Call(std::string_view function,
                                    std::span<const Value> arguments) const = 0;
};

// The value of every sub-expression that was evaluated, by Expr::id; the last one of a body that
// ran several times.
struct EvaluationTrace {
  std::vector<std::optional<Value>> values;
};

struct EvaluatorOptions {
  std::string container;                 // namespace in which names are looked up first
  std::uint64_t step_limit = 1'000'000;  // beyond it the value is an error
  EvaluationTrace* trace = nullptr;
  // What rules mean by x / 0 (src/rules/README.md). False: CEL's error, and infinity of doubles.
  bool division_by_zero_is_unknown = true;
};

// Evaluates by walking the tree: the oracle of the compiled forms, and what explains a verdict.
// Errors and unknowns are values and are absorbed by &&, ||, ?:, all and exists as the language
// definition says; where both occur, unknown wins. Never throws. Thread-safe.
Value Evaluate(const Expr& expr, const Scope& scope, const EvaluatorOptions& options = {});

}  // namespace vedette::rules
