// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/eval/value.h"

namespace vedette::rules {

// A type as the cases state it: a name, and what it is made of: {"map", {{"string"}, {"int"}}}.
struct CaseType {
  std::string name;
  std::vector<CaseType> parameters;
};

// One case: an expression, what its variables are, and its value or the fact that it has none.
struct CelCase {
  std::string name;  // "section/name"
  std::string expression;
  std::string container;
  bool check = true;
  bool check_only = false;
  bool macros = true;
  std::map<std::string, Value, std::less<>> bindings;
  std::map<std::string, CaseType, std::less<>> variables;
  std::optional<Value> value;  // nullopt: an error at check or evaluation
};

// The cases of a file, one JSON object a line. Throws where a line is not of the form.
std::vector<CelCase> ReadCelCases(const std::filesystem::path& path);

// Same type and value: a double is no int here, NaN is NaN, and maps have no order.
bool SameValue(const Value& a, const Value& b);

// "int 3", "list [string \"a\"]": for what a failed test says.
std::string DescribeValue(const Value& value);

}  // namespace vedette::rules
