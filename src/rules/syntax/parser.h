// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "rules/syntax/ast.h"

namespace vedette::rules {

struct ParserOptions {
  std::size_t max_bytes = 64 * 1024;
  std::uint32_t max_nodes = 4096;
  // Of nesting, also of the values an expression makes; a rule is shallower by far.
  std::uint32_t max_depth = 200;
  bool macros = true;
};

// CEL as the language definition has it (github.com/google/cel-spec, doc/langdef.md), with optional
// syntax and two-variable all, exists and exists_one, without message literals. Survives any bytes;
// time and memory are linear in the text.
std::expected<std::shared_ptr<const Ast>, Diagnostics> Parse(std::string_view source,
                                                             const ParserOptions& options = {});

// The expression in canonical form: one space around binary operators, as few parentheses as the
// precedence needs, lines broken before && and || beyond `width`. Parsing it gives the same tree.
std::string Format(const Expr& expr, std::size_t width = 100);

}  // namespace vedette::rules
