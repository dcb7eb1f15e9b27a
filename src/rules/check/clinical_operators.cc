// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "rules/check/operator_mistakes.h"

namespace vedette::rules {
namespace {

using enum TypeKind;

bool Failed(const Operand& operand) { return operand.type.kind == kError; }

// Types that another check may find to be right.
bool IsOpen(const Type& type) {
  return type.kind == kDyn || type.kind == kParameter || type.kind == kError;
}

void WarnExact(const ClinicalContext& context,
               const Expr& call,
               std::span<const Operand> operands) {
  if (!IsEquality(call.name)) return;
  const bool measured = std::ranges::any_of(
      operands, [](const Operand& operand) { return !operand.type.unit.empty(); });
  if (!measured) return;
  context.report.Warning("exact_comparison", call.span,
                         "measured numbers are rarely equal to the last digit",
                         "use >= or <= unless exactly this is meant");
}

std::optional<Type> InNumbers(const ClinicalContext& context,
                              const Expr& call,
                              const Operand& element,
                              const Operand& list) {
  if (list.type.kind != kList || list.type.parameters.empty()) return std::nullopt;
  const Type& held = list.type.parameters[0];
  if (!IsNumber(element.type) || !IsNumber(held)) return std::nullopt;
  CheckSameUnit(call.span, element, {list.expr, held, list.constant}, context.catalog,
                &context.report);
  return Type::Of(kBool);
}

std::optional<Type> Membership(const ClinicalContext& context,
                               const Expr& call,
                               const Operand& element,
                               const Operand& list) {
  if (TellNoValues(context, call, {&element, 1})) return Type::Of(kBool);
  if (list.type.kind == kCodelist) {
    if (element.type.kind == kString || IsOpen(element.type)) {
      CheckTerm(context, element.expr, list.type.name, nullptr);
    } else {
      context.report.Error("wrong_type", call.span,
                           "code lists hold texts; " + context.report.Quoted(element.expr) +
                               " is " + WithArticle(element.type),
                           "compare a coded field, such as row.CMDECOD");
    }
    return Type::Of(kBool);
  }
  if (list.type.kind == kString) {
    context.report.Error("wrong_type", list.expr.span,
                         "'in' needs a list, not " + WithArticle(list.type),
                         "write in [" + context.report.Text(list.expr) + "]");
    return Type::Of(kBool);
  }
  if (TellNoValues(context, call, {&list, 1})) return Type::Of(kBool);
  CheckTerms(context, element, list.expr);
  return InNumbers(context, call, element, list);
}

Type Logical(const ClinicalContext& context, const Expr& call, std::span<const Operand> operands) {
  for (const Operand& operand : operands) {
    if (operand.type.kind == kBool || IsOpen(operand.type)) continue;
    TellNoCondition(context,
                    "'" + OperatorSymbol(call.name) + "' needs " +
                        (operands.size() == 2 ? "conditions on both sides" : "a condition"),
                    operand);
  }
  return Type::Of(kBool);
}

std::optional<Type> Conditional(const ClinicalContext& context,
                                const Expr& call,
                                std::span<const Operand> operands) {
  if (operands[0].type.kind != kBool && !IsOpen(operands[0].type)) {
    TellNoCondition(context, "'?' needs a condition before it", operands[0]);
    return Type::Of(kError);
  }
  if (Failed(operands[1]) || Failed(operands[2])) {
    return Failed(operands[1]) ? operands[2].type : operands[1].type;
  }
  const Operand& left = operands[1];
  const Operand& right = operands[2];
  if (!IsNumber(left.type) || !IsNumber(right.type)) return std::nullopt;
  if (!CheckSameUnit(call.span, left, right, context.catalog, &context.report)) {
    return Type::Of(kError);
  }
  return Type{.kind = left.type.kind == right.type.kind ? left.type.kind : kDouble,
              .unit = left.type.unit.empty() ? right.type.unit : left.type.unit};
}

std::optional<Type> Comparison(const ClinicalContext& context,
                               const Expr& call,
                               std::span<const Operand> operands) {
  const Operand& left = operands[0];
  const Operand& right = operands[1];
  if (TellNoValues(context, call, operands)) return Type::Of(kBool);
  if (left.type.kind == kNull || right.type.kind == kNull) {
    PairMismatch(context, call, left, right);
    return Type::Of(kBool);
  }
  if (IsNumber(left.type) && IsNumber(right.type)) {
    if (CheckSameUnit(call.span, left, right, context.catalog, &context.report)) {
      WarnExact(context, call, operands);
    }
    return Type::Of(kBool);
  }
  if (left.type.kind != kString || right.type.kind != kString) return std::nullopt;
  if (IsOrder(call.name)) {
    TellTextOrder(context, call, TextLiteral(left.expr) == nullptr ? left : right);
  } else {
    CheckTerms(context, left, right.expr);
    CheckTerms(context, right, left.expr);
  }
  return Type::Of(kBool);
}

}  // namespace

std::optional<Type> ApplyOperator(const ClinicalContext& context,
                                  const Expr& call,
                                  std::span<const Operand> operands) {
  const std::string_view name = call.name;
  if (name == "_&&_" || name == "_||_" || name == "!_") return Logical(context, call, operands);
  if (name == "_?_:_") return Conditional(context, call, operands);
  const bool yields_truth = IsEquality(name) || IsOrder(name) || name == "_in_";
  if (std::ranges::any_of(operands, Failed)) return Type::Of(yields_truth ? kBool : kError);
  if (name == "_in_") return Membership(context, call, operands[0], operands[1]);
  if (IsEquality(name) || IsOrder(name)) return Comparison(context, call, operands);
  if (TellNoValues(context, call, operands)) return Type::Of(kError);
  if (name == "-_" && IsNumber(operands[0].type)) return operands[0].type;
  if (IsArithmetic(name) && name != "_%_" && IsNumber(operands[0].type) &&
      IsNumber(operands[1].type)) {
    return NumberArithmetic(call, operands[0], operands[1], context.catalog, &context.report);
  }
  return std::nullopt;
}

}  // namespace vedette::rules
