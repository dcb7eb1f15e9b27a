// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>
#include <utility>

#include "rules/syntax/literal.h"
#include "rules/syntax/macro.h"
#include "rules/syntax/parser.h"
#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

// How tightly an expression holds together; what binds looser than its place needs parentheses.
enum Level { kChoice, kOr, kAnd, kRelation, kSum, kProduct, kUnary, kMember, kPrimary };

struct Infix {
  std::string_view function;
  std::string_view symbol;
  Level level;
};

constexpr auto kInfix = std::to_array<Infix>({{"_||_", "||", kOr},
                                              {"_&&_", "&&", kAnd},
                                              {"_==_", "==", kRelation},
                                              {"_!=_", "!=", kRelation},
                                              {"_<_", "<", kRelation},
                                              {"_<=_", "<=", kRelation},
                                              {"_>_", ">", kRelation},
                                              {"_>=_", ">=", kRelation},
                                              {"_in_", "in", kRelation},
                                              {"_+_", "+", kSum},
                                              {"_-_", "-", kSum},
                                              {"_*_", "*", kProduct},
                                              {"_/_", "/", kProduct},
                                              {"_%_", "%", kProduct}});

const Infix* InfixOf(const Expr& expr) {
  if (expr.kind != ExprKind::kCall || expr.target != nullptr || expr.args.size() != 2) {
    return nullptr;
  }
  for (const Infix& infix : kInfix) {
    if (infix.function == expr.name) {
      return &infix;
    }
  }
  return nullptr;
}

bool IsOperator(const Expr& expr, std::string_view name) {
  return expr.kind == ExprKind::kCall && expr.target == nullptr && expr.name == name;
}

bool IsNegativeNumber(const Expr& expr) {
  if (expr.kind != ExprKind::kLiteral) {
    return false;
  }
  if (const auto* integer = std::get_if<std::int64_t>(&expr.value)) {
    return *integer < 0;
  }
  const auto* number = std::get_if<double>(&expr.value);
  return number != nullptr && WriteDouble(*number).starts_with('-');
}

bool IsNumber(const Expr& expr) {
  return expr.kind == ExprKind::kLiteral && (std::holds_alternative<std::int64_t>(expr.value) ||
                                             std::holds_alternative<double>(expr.value));
}

Level LevelOf(const Expr& expr) {
  if (const Infix* infix = InfixOf(expr)) {
    return infix->level;
  }
  if (IsOperator(expr, "_?_:_")) {
    return kChoice;
  }
  if (IsOperator(expr, "-_") || IsOperator(expr, "!_") || IsNegativeNumber(expr)) {
    return kUnary;
  }
  return kPrimary;
}

std::string WriteLiteral(const LiteralValue& value) {
  struct Writer {
    std::string operator()(NullLiteral) const { return "null"; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(std::uint64_t number) const { return std::to_string(number) + "u"; }
    std::string operator()(double number) const { return WriteDouble(number); }
    std::string operator()(const std::string& text) const { return QuoteText(text); }
    std::string operator()(const BytesLiteral& literal) const { return QuoteBytes(literal.bytes); }
  };
  return std::visit(Writer{}, value);
}

std::string WriteField(std::string_view name) {
  const bool plain = name.find_first_of("./- ") == std::string_view::npos &&
                     (name[0] < '0' || name[0] > '9') && name != "true" && name != "false" &&
                     name != "null" && name != "in";
  return plain ? std::string(name) : "`" + std::string(name) + "`";
}

// On one line.
class Writer {
 public:
  std::string Write(const Expr& expr, Level least) const {
    std::string text = Bare(expr);
    return LevelOf(expr) < least ? "(" + text + ")" : text;
  }

 private:
  std::string Bare(const Expr& expr) const {
    switch (expr.kind) {
      case ExprKind::kLiteral:
        return WriteLiteral(expr.value);
      case ExprKind::kIdent:
        return expr.name;
      case ExprKind::kSelect:
        return Write(*expr.target, kMember) + (expr.optional ? ".?" : ".") + WriteField(expr.name);
      case ExprKind::kHas:
        return "has(" + Write(*expr.target, kMember) + "." + WriteField(expr.name) + ")";
      case ExprKind::kList:
        return "[" + List(expr) + "]";
      case ExprKind::kMap:
        return "{" + Entries(expr) + "}";
      case ExprKind::kBind:
        return "cel.bind(" + expr.variable + ", " + List(expr) + ")";
      case ExprKind::kMacro:
        return Write(*expr.target, kMember) + "." + std::string(MacroName(expr.macro)) + "(" +
               expr.variable + ", " + (expr.variable2.empty() ? "" : expr.variable2 + ", ") +
               List(expr) + ")";
      case ExprKind::kCall:
        return Call(expr);
    }
    return {};
  }

  std::string Call(const Expr& expr) const {
    if (const Infix* infix = InfixOf(expr)) {
      return Write(*expr.args[0], infix->level) + " " + std::string(infix->symbol) + " " +
             Write(*expr.args[1], static_cast<Level>(infix->level + 1));
    }
    if (IsOperator(expr, "_?_:_")) {
      return Write(*expr.args[0], kOr) + " ? " + Write(*expr.args[1], kOr) + " : " +
             Write(*expr.args[2], kChoice);
    }
    if (IsOperator(expr, "!_")) {
      return "!" + Write(*expr.args[0], kUnary);
    }
    if (IsOperator(expr, "-_")) {
      // -(5) is not the number -5.
      const bool number = StartsWithNumber(*expr.args[0]);
      return "-" + (number ? "(" + Bare(*expr.args[0]) + ")" : Write(*expr.args[0], kUnary));
    }
    if (IsOperator(expr, "_[_]") || IsOperator(expr, "_[?_]")) {
      return Write(*expr.args[0], kMember) + (expr.name == "_[_]" ? "[" : "[?") +
             Write(*expr.args[1], kChoice) + "]";
    }
    const std::string target = expr.target == nullptr ? "" : Write(*expr.target, kMember) + ".";
    return target + expr.name + "(" + List(expr) + ")";
  }

  // Written without parentheses it would begin with the digits of a number.
  static bool StartsWithNumber(const Expr& expr) {
    if (IsNumber(expr)) {
      return !IsNegativeNumber(expr);
    }
    if (IsOperator(expr, "_[_]") || IsOperator(expr, "_[?_]")) {
      return StartsWithNumber(*expr.args[0]);
    }
    return expr.target != nullptr && expr.kind != ExprKind::kHas && StartsWithNumber(*expr.target);
  }

  std::string List(const Expr& expr) const {
    std::string out;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      out += i == 0 ? "" : ", ";
      out += i < expr.optional_args.size() && expr.optional_args[i] ? "?" : "";
      out += Write(*expr.args[i], kChoice);
    }
    return out;
  }

  std::string Entries(const Expr& expr) const {
    std::string out;
    for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
      out += i == 0 ? "" : ", ";
      out += i / 2 < expr.optional_args.size() && expr.optional_args[i / 2] ? "?" : "";
      out += Write(*expr.args[i], kChoice) + ": " + Write(*expr.args[i + 1], kChoice);
    }
    return out;
  }
};

// The operands of a && b && c, in order.
void Flatten(const Expr& expr, std::string_view function, std::vector<const Expr*>& out) {
  if (IsOperator(expr, function)) {
    Flatten(*expr.args[0], function, out);
    out.push_back(expr.args[1].get());
  } else {
    out.push_back(&expr);
  }
}

// On several lines where one is longer than `width`; `indent` is the column it begins in.
std::string Layout(const Expr& expr, Level least, std::size_t indent, std::size_t width) {
  std::string line = Writer{}.Write(expr, least);
  const bool chain = IsOperator(expr, "_&&_") || IsOperator(expr, "_||_");
  if (!chain || indent + CountCodePoints(line) <= width) {
    return line;
  }
  const bool parentheses = LevelOf(expr) < least;
  indent += parentheses ? 1 : 0;
  const Infix& infix = *InfixOf(expr);
  std::vector<const Expr*> operands;
  Flatten(expr, expr.name, operands);
  const std::string lead = "\n" + std::string(indent, ' ') + std::string(infix.symbol) + " ";
  std::string out = parentheses ? "(" : "";
  for (std::size_t i = 0; i < operands.size(); ++i) {
    out += i == 0 ? "" : lead;
    out += Layout(*operands[i], static_cast<Level>(i == 0 ? infix.level : infix.level + 1),
                  indent + (i == 0 ? 0 : infix.symbol.size() + 1), width);
  }
  return parentheses ? out + ")" : out;
}

}  // namespace

std::string Format(const Expr& expr, std::size_t width) { return Layout(expr, kChoice, 0, width); }

}  // namespace vedette::rules
