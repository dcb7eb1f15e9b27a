// SPDX-License-Identifier: Apache-2.0
#include "rules/check/operator_mistakes.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace vedette::rules {
namespace {

using enum TypeKind;

bool LooksLikeNumber(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// "lab.ALT.value" of a series; empty where nothing sensible can be said.
std::string ValueOf(const ClinicalContext& context, const Operand& operand) {
  const std::string text = context.report.Text(operand.expr);
  switch (operand.type.kind) {
    case kSeries:
    case kObservation:
      return text + ".value";
    case kWindow:
      return text + ".max()";
    case kVisit:
      return text + ".done";
    case kKri:
      return text + ".z";
    case kForm:
      return text + ".size()";
    default:
      return IsClinical(operand.type.kind) ? std::string{} : text;
  }
}

std::string SuggestValue(const ClinicalContext& context,
                         const Expr& call,
                         std::span<const Operand> operands,
                         const Operand& wrong) {
  const std::string text = context.report.Text(wrong.expr);
  if (wrong.type.kind == kCodelist) return "write row.CMDECOD in " + text;
  if (wrong.type.kind == kSubject || wrong.type.kind == kRow) return "name a field: " + text + ".…";
  if (wrong.type.kind == kForm && call.name != "_>_" && call.name != "_>=_") {
    return "write " + text + ".exists(r, …), or name a field";
  }
  if (operands.size() != 2 || call.name == "_&&_" || call.name == "_||_") {
    return "did you mean " + ValueOf(context, wrong) + "?";
  }
  const std::string left = ValueOf(context, operands[0]);
  const std::string right = ValueOf(context, operands[1]);
  if (left.empty() || right.empty()) return {};
  return "did you mean " + left + " " + OperatorSymbol(call.name) + " " + right + "?";
}

// Finds the operand of the first kind beside one of the second, in either order.
struct Pair {
  const Operand* one = nullptr;
  const Operand* other = nullptr;
};

template <class One, class Other>
Pair FindPair(const Operand& left, const Operand& right, One one, Other other) {
  if (one(left.type) && other(right.type)) return {&left, &right};
  if (one(right.type) && other(left.type)) return {&right, &left};
  return {};
}

auto Is(TypeKind kind) {
  return [kind](const Type& type) { return type.kind == kind; };
}

bool IsAnything(const Type&) { return true; }

std::string SuggestTextAndNumber(const ClinicalContext& context,
                                 const Expr& call,
                                 const Operand& text,
                                 const Operand& number) {
  const std::string* literal = TextLiteral(text.expr);
  if (literal != nullptr && LooksLikeNumber(*literal)) return "write " + *literal;
  if (literal != nullptr) return {};
  const bool numeric_terms = SuggestForText(context, text).starts_with("write int(");
  if (IsEquality(call.name) && number.expr.kind == ExprKind::kLiteral && numeric_terms) {
    return "write \"" + context.report.Text(number.expr) + "\"";
  }
  return SuggestForText(context, text);
}

std::string SuggestTimes(const ClinicalContext& context,
                         const Expr& call,
                         const Operand& left,
                         const Operand& right) {
  const Report& report = context.report;
  if (const Pair pair = FindPair(left, right, Is(kTimestamp), Is(kString)); pair.one != nullptr) {
    return "a time is written timestamp(\"2026-01-31T00:00:00Z\")";
  }
  if (const Pair pair = FindPair(left, right, Is(kDuration), IsNumber); pair.one != nullptr) {
    if (call.name == "_*_" || call.name == "_/_") return "write the length of time out: days(14)";
    return "write days(" + report.Text(pair.other->expr) + ")";
  }
  if (const Pair pair = FindPair(left, right, Is(kTimestamp), Is(kDuration)); pair.one != nullptr) {
    return "compare a difference of times: now - " + report.Text(pair.one->expr) + " > days(3)";
  }
  if (const Pair pair = FindPair(left, right, Is(kTimestamp), IsNumber); pair.one != nullptr) {
    if (IsArithmetic(call.name)) return "write days(" + report.Text(pair.other->expr) + ")";
    const std::string time = report.Text(pair.one->expr);
    if (time == "now") return "compare it with a time: now > visit.W4.window_end";
    return "compare it with another time, or write now - " + time + " > days(" +
           report.Text(pair.other->expr) + ")";
  }
  if (left.type.kind == kTimestamp && right.type.kind == kTimestamp) {
    return "times are subtracted, or a duration is added: days(3)";
  }
  return {};
}

std::string Suggest(const ClinicalContext& context,
                    const Expr& call,
                    const Operand& left,
                    const Operand& right) {
  const Report& report = context.report;
  if (const Pair pair = FindPair(left, right, Is(kNull), IsAnything); pair.one != nullptr) {
    return "to ask whether a value is missing write !has(" + report.Text(pair.other->expr) + ")";
  }
  if (const Pair pair = FindPair(left, right, Is(kBool), IsAnything); pair.one != nullptr) {
    const std::string text = report.Text(pair.one->expr);
    if (IsArithmetic(call.name)) return "to count conditions write [" + text + ", …].count_true()";
    return "it is a condition already: write " + text + " or !" + text;
  }
  if (const Pair pair = FindPair(left, right, Is(kString), IsNumber); pair.one != nullptr) {
    return SuggestTextAndNumber(context, call, *pair.one, *pair.other);
  }
  return SuggestTimes(context, call, left, right);
}

}  // namespace

std::string OperatorSymbol(std::string_view function) {
  std::string symbol;
  for (const char c : function) {
    if (c != '_') symbol += c;
  }
  return symbol;
}

bool IsEquality(std::string_view function) { return function == "_==_" || function == "_!=_"; }

bool IsOrder(std::string_view function) {
  return function == "_<_" || function == "_<=_" || function == "_>_" || function == "_>=_";
}

bool IsArithmetic(std::string_view function) {
  return function == "_+_" || function == "_-_" || function == "_*_" || function == "_/_" ||
         function == "_%_";
}

const std::string* TextLiteral(const Expr& expr) {
  if (expr.kind != ExprKind::kLiteral) return nullptr;
  return std::get_if<std::string>(&expr.value);
}

bool TellNoValues(const ClinicalContext& context,
                  const Expr& call,
                  std::span<const Operand> operands) {
  const auto wrong = std::ranges::find_if(
      operands, [](const Operand& operand) { return IsClinical(operand.type.kind); });
  if (wrong == operands.end()) return false;
  context.report.Error(
      "not_a_value", wrong->expr.span,
      context.report.Quoted(wrong->expr) + " is " + WithArticle(wrong->type) + ", not one value",
      SuggestValue(context, call, operands, *wrong));
  return true;
}

void TellNoCondition(const ClinicalContext& context, std::string message, const Operand& operand) {
  const std::string text = context.report.Text(operand.expr);
  std::string suggestion;
  if (IsNumber(operand.type)) suggestion = "compare it: " + text + " > 0";
  if (operand.type.kind == kTimestamp)
    suggestion = "to ask whether it is known write has(" + text + ")";
  if (operand.type.kind == kString) suggestion = "compare it with a term: " + text + " == \"Y\"";
  if (operand.type.kind == kSeries) suggestion = "compare its value: " + text + ".value > 0";
  if (operand.type.kind == kVisit) suggestion = "did you mean " + text + ".done?";
  context.report.Error("not_a_condition", operand.expr.span,
                       std::move(message) + "; " + context.report.Quoted(operand.expr) + " is " +
                           WithArticle(operand.type),
                       std::move(suggestion));
}

Type PairMismatch(const ClinicalContext& context,
                  const Expr& call,
                  const Operand& left,
                  const Operand& right) {
  const Report& report = context.report;
  const bool null = left.type.kind == kNull || right.type.kind == kNull;
  if (null) {
    return context.report.Error("null_comparison", call.span,
                                "missing values are unknown, never null",
                                Suggest(context, call, left, right));
  }
  return context.report.Error("wrong_type", call.span,
                              report.Quoted(left.expr) + " is " + WithArticle(left.type) + ", " +
                                  report.Quoted(right.expr) + " is " + WithArticle(right.type) +
                                  ": '" + OperatorSymbol(call.name) + "' cannot " +
                                  (IsArithmetic(call.name) ? "combine" : "compare") + " them",
                              Suggest(context, call, left, right));
}

Type OperatorMismatch(const ClinicalContext& context,
                      const Expr& call,
                      std::span<const Operand> operands) {
  Report& report = context.report;
  if (operands.size() == 2) return PairMismatch(context, call, operands[0], operands[1]);
  if (call.name == "_?_:_") {
    return report.Error("wrong_type", call.span,
                        "both results of '? :' must be of one kind; " +
                            report.Quoted(operands[1].expr) + " is " +
                            WithArticle(operands[1].type) + ", " + report.Quoted(operands[2].expr) +
                            " is " + WithArticle(operands[2].type));
  }
  return report.Error("wrong_type", call.span,
                      "'" + OperatorSymbol(call.name) + "' needs a number; " +
                          report.Quoted(operands[0].expr) + " is " + WithArticle(operands[0].type));
}

}  // namespace vedette::rules
