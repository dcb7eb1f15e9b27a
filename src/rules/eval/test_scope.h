// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "rules/eval/evaluator.h"
#include "rules/eval/library.h"
#include "rules/eval/operations.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {

// Names for tests: u is unknown, e an error, low a number in [0, 3.42], high one in [10, 20].
class TestScope : public Scope {
 public:
  std::map<std::string, Value, std::less<>> names = {
      {"u", Value::Unknown()},
      {"e", Value::Error("broken")},
      {"low", Value(IntervalValue{0, 3.42})},
      {"high", Value(IntervalValue{10, 20})},
  };

  std::optional<Value> Find(std::string_view name) const override {
    const auto found = names.find(name);
    return found == names.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Value> Call(std::string_view function,
                            std::span<const Value> arguments) const override {
    if (function == "days" && arguments.size() == 1 && IntAt(arguments, 0)) {
      return MakeDuration(*IntAt(arguments, 0) * 86400, 0);
    }
    return std::nullopt;
  }
};

inline Value ValueOf(std::string_view source,
                     const EvaluatorOptions& options = {},
                     const TestScope& scope = {}) {
  const auto ast = Parse(source);
  EXPECT_TRUE(ast) << source << (ast ? "" : Render(source, ast.error()[0]));
  return ast ? Evaluate(*(*ast)->root, scope, options) : Value();
}

// As a test reads it: "true", "[1, 2]", "unknown", "error", an interval "0..3.42".
inline std::string Told(const Value& value) {
  if (value.IsUnknown()) {
    return "unknown";
  }
  if (value.IsError()) {
    return "error";
  }
  if (const auto* interval = value.As<IntervalValue>()) {
    return ShowDouble(interval->low) + ".." + ShowDouble(interval->high);
  }
  if (const auto* optional = value.As<OptionalValue>()) {
    return optional->value == nullptr ? "none" : "optional " + Told(*optional->value);
  }
  return Show(value).value_or("?");
}

inline std::string Result(std::string_view source) { return Told(ValueOf(source)); }

// The value with CEL's own division by zero.
inline std::string CelResult(std::string_view source) {
  return Told(ValueOf(source, {.division_by_zero_is_unknown = false}));
}

}  // namespace vedette::rules
