// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "rules/check/type.h"

namespace vedette::rules {

// One signature of a function. Parameters of types are numbered by Type::item from 0.
struct Overload {
  std::string_view function;    // "_+_", "size", "math.abs"
  bool member = false;          // written x.f(…); the first argument is then x
  std::vector<Type> signature;  // the arguments, then the result
};

// The overloads of one function of CEL's standard library, optionals and the math and string
// extensions; empty when there is none of the name.
std::span<const Overload> FindOverloads(std::string_view function);

// Names of all functions, for suggestions. Operators are left out.
std::span<const std::string_view> FunctionNames();

}  // namespace vedette::rules
