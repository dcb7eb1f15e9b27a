// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "rules/syntax/ast.h"

namespace vedette::rules {

// How a macro is written.
struct MacroForm {
  std::string_view name;
  MacroKind kind;
  bool two_variables;    // may be written with index and element, or key and value
  bool filter_and_body;  // map(x, condition, body)
  std::string_view usage;

  // How many of `arguments` name variables; 0 when the macro is not written with so many.
  constexpr std::size_t VariablesOf(std::size_t arguments) const {
    if (arguments == 2) {
      return 1;
    }
    if (arguments == 3 && filter_and_body) {
      return 1;
    }
    return arguments == 3 && two_variables ? 2 : 0;
  }
};

inline constexpr auto kMacroForms = std::to_array<MacroForm>({
    {"all", MacroKind::kAll, true, false, "list.all(x, condition on x)"},
    {"exists", MacroKind::kExists, true, false, "list.exists(x, condition on x)"},
    {"exists_one", MacroKind::kExistsOne, true, false, "list.exists_one(x, condition on x)"},
    {"existsOne", MacroKind::kExistsOne, true, false, "list.existsOne(x, condition on x)"},
    {"filter", MacroKind::kFilter, false, false, "list.filter(x, condition on x)"},
    {"map", MacroKind::kMap, false, true, "list.map(x, expression of x)"},
    {"optMap", MacroKind::kOptMap, false, false, "optional.optMap(x, expression of x)"},
    {"optFlatMap", MacroKind::kOptFlatMap, false, false, "optional.optFlatMap(x, optional of x)"},
});

constexpr std::optional<MacroForm> FindMacro(std::string_view name) {
  for (const MacroForm& form : kMacroForms) {
    if (form.name == name) {
      return form;
    }
  }
  return std::nullopt;
}

// The first of its spellings.
constexpr std::string_view MacroName(MacroKind kind) {
  for (const MacroForm& form : kMacroForms) {
    if (form.kind == kind) {
      return form.name;
    }
  }
  return {};
}

}  // namespace vedette::rules
