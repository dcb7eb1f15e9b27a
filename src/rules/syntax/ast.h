// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "rules/syntax/diagnostic.h"

namespace vedette::rules {

enum class ExprKind : std::uint8_t {
  kLiteral,  // value
  kIdent,    // name; may start with '.'
  kSelect,   // target.name, or target.?name when optional
  kHas,      // has(target.name)
  kCall,     // name(args), or target.name(args); operators are calls named as in operators below
  kList,     // args; optional_args
  kMap,      // args: key, value, key, value, …; optional_args by entry
  kMacro,    // target.macro(variable[, variable2], args…)
  kBind,     // cel.bind(variable, args[0], args[1])
};

enum class MacroKind : std::uint8_t {
  kAll,
  kExists,
  kExistsOne,  // exists_one, existsOne
  kFilter,
  kMap,  // one body, or a filter and a body
  kOptMap,
  kOptFlatMap,
};

struct NullLiteral {
  bool operator==(const NullLiteral&) const = default;
};
struct BytesLiteral {
  std::string bytes;
  bool operator==(const BytesLiteral&) const = default;
};
using LiteralValue =
    std::variant<NullLiteral, bool, std::int64_t, std::uint64_t, double, std::string, BytesLiteral>;

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

// A node of a parsed expression. Macros stay as they were written. Operators are calls without
// target: "_+_" "_-_" "_*_" "_/_" "_%_" "-_" "!_" "_&&_" "_||_" "_?_:_" "_==_" "_!=_" "_<_" "_<=_"
// "_>_" "_>=_" "_in_" "_[_]" "_[?_]".
struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  MacroKind macro = MacroKind::kAll;
  bool optional = false;  // kSelect: written with ".?"
  std::uint32_t id = 0;   // dense, a parent before its children: an index into tables of facts
  Span span;              // all of it
  Span name_span;         // of the name, the operator or the literal: where a caret belongs
  LiteralValue value;
  std::string name;
  std::string variable;
  std::string variable2;
  ExprPtr target;
  std::vector<ExprPtr> args;
  std::vector<bool> optional_args;
};

// A parsed expression and the text it came from.
struct Ast {
  std::string source;
  ExprPtr root;
  std::uint32_t size = 0;  // ids are below
};

// "lab.ALT" for an identifier or a chain of plain selections on one; else "".
std::string QualifiedName(const Expr& expr);

// Equal but for places and ids; numbers by their bits.
bool SameTree(const Expr& a, const Expr& b);

}  // namespace vedette::rules
