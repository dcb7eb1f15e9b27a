// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "rules/check/clinical.h"

namespace vedette::rules {
namespace {

using enum TypeKind;

bool IsEquality(std::string_view name) { return name == "_==_" || name == "_!=_"; }

bool IsOrder(std::string_view name) {
  return name == "_<_" || name == "_<=_" || name == "_>_" || name == "_>=_";
}

bool IsArithmetic(std::string_view name) {
  return name == "_+_" || name == "_-_" || name == "_*_" || name == "_/_" || name == "_%_";
}

// "_>=_" → ">=".
std::string Symbol(std::string_view name) {
  std::string symbol;
  for (const char c : name) {
    if (c != '_') symbol += c;
  }
  return symbol;
}

const std::string* TextLiteral(const Expr& expr) {
  if (expr.kind != ExprKind::kLiteral) return nullptr;
  return std::get_if<std::string>(&expr.value);
}

bool LooksLikeNumber(const std::string& text) {
  if (text.empty()) return false;
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return *end == '\0';
}

// --- code lists

void CheckTerm(const ClinicalContext& context, const Expr& literal, const std::string& codelist) {
  const std::string* text = TextLiteral(literal);
  if (text == nullptr) return;
  const auto list = context.catalog.codelists.find(codelist);
  if (list == context.catalog.codelists.end()) return;
  if (std::ranges::find(list->second, *text) != list->second.end()) return;
  const std::vector<std::string_view> terms(list->second.begin(), list->second.end());
  std::string suggestion = DidYouMean(*text, terms);
  for (const std::string_view term : terms) {
    // "Female" for F: a term's first letter is what the author had in mind.
    if (suggestion.empty() && term.size() == 1 && !text->empty() && (*text)[0] == term[0]) {
      suggestion = "did you mean '" + std::string(term) + "'?";
    }
  }
  if (suggestion.empty()) suggestion = "its terms are " + ListOf(terms);
  context.report.Error("unknown_term", literal.span, "'" + *text + "' is no term of " + codelist,
                       std::move(suggestion));
}

void CheckTerms(const ClinicalContext& context, const Operand& coded, const Expr& other) {
  if (coded.type.kind != kString || coded.type.name.empty()) return;
  if (other.kind == ExprKind::kList) {
    for (const ExprPtr& element : other.args) CheckTerm(context, *element, coded.type.name);
    return;
  }
  CheckTerm(context, other, coded.type.name);
}

Type TextOrder(const ClinicalContext& context, const Expr& call, const Operand& left) {
  Report& report = context.report;
  const auto list = context.catalog.codelists.find(left.type.name);
  std::string suggestion = "use ==, != or in";
  if (list != context.catalog.codelists.end() && !list->second.empty()) {
    const bool numbers = std::ranges::all_of(list->second, LooksLikeNumber);
    suggestion = numbers ? "write int(" + report.Text(left.expr) + ")"
                         : "list the terms that are meant: " + report.Text(left.expr) + " in [\"" +
                               list->second.back() + "\"]";
  }
  return report.Error("text_order", call.span,
                      "texts have no order that '" + Symbol(call.name) + "' could compare",
                      std::move(suggestion));
}

// --- what is no value

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
    default:
      return {};
  }
}

// A series, a visit or a form where one value should stand.
bool TellNoValue(const ClinicalContext& context, const Operand& operand) {
  if (!IsClinical(operand.type.kind)) return false;
  const std::string value = ValueOf(context, operand);
  std::string suggestion;
  if (!value.empty()) {
    suggestion = "did you mean " + value + "?";
  } else if (operand.type.kind == kCodelist) {
    suggestion = "use in: row.CMDECOD in " + context.report.Text(operand.expr);
  } else if (operand.type.kind == kForm) {
    suggestion = "use .exists(r, …), or name a field";
  } else {
    suggestion = "name what is meant: " + context.report.Text(operand.expr) + ".…";
  }
  context.report.Error(
      "not_a_value", operand.expr.span,
      context.report.Quoted(operand.expr) + " is a " + Describe(operand.type) + ", not one value",
      std::move(suggestion));
  return true;
}

bool TellNoValues(const ClinicalContext& context, std::span<const Operand> operands) {
  bool told = false;
  for (const Operand& operand : operands) told = TellNoValue(context, operand) || told;
  return told;
}

// --- in

std::optional<Type> Membership(const ClinicalContext& context,
                               const Expr& call,
                               const Operand& element,
                               const Operand& list) {
  if (list.type.kind != kCodelist) {
    if (TellNoValue(context, element)) return Type::Of(kError);
    CheckTerms(context, element, list.expr);
    if (list.type.kind == kString) {
      return context.report.Error("wrong_type", list.expr.span,
                                  "'in' needs a list, not " + Describe(list.type),
                                  "write in [" + context.report.Text(list.expr) + "]");
    }
    return std::nullopt;
  }
  if (TellNoValue(context, element)) return Type::Of(kError);
  if (element.type.kind != kString && element.type.kind != kDyn) {
    return context.report.Error("wrong_type", call.span,
                                "code lists hold texts; " + context.report.Quoted(element.expr) +
                                    " is " + Describe(element.type));
  }
  CheckTerm(context, element.expr, list.type.name);
  return Type::Of(kBool);
}

// --- true or false

Type Logical(const ClinicalContext& context, const Expr& call, std::span<const Operand> operands) {
  for (const Operand& operand : operands) {
    if (operand.type.kind == kBool || operand.type.kind == kDyn || operand.type.kind == kError) {
      continue;
    }
    if (TellNoValue(context, operand)) continue;
    const std::string text = context.report.Text(operand.expr);
    std::string suggestion;
    if (IsNumber(operand.type)) suggestion = "compare it: " + text + " > 0";
    if (operand.type.kind == kTimestamp) suggestion = "to ask whether it is known, use has(…)";
    if (operand.type.kind == kString) suggestion = "compare it: " + text + " == \"Y\"";
    context.report.Error("not_true_or_false", operand.expr.span,
                         "'" + Symbol(call.name) + "' joins conditions; " +
                             context.report.Quoted(operand.expr) + " is a " +
                             Describe(operand.type),
                         std::move(suggestion));
  }
  return Type::Of(kBool);
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

// A list of observations, a time in a place of a number and the like.
std::string SuggestForPair(const ClinicalContext& context,
                           const Expr& call,
                           const Operand& left,
                           const Operand& right) {
  const Report& report = context.report;
  auto either = [&](auto&& one, auto&& other) -> const Operand* {
    if (one(left.type) && other(right.type)) return &left;
    if (one(right.type) && other(left.type)) return &right;
    return nullptr;
  };
  auto is = [](TypeKind kind) { return [kind](const Type& type) { return type.kind == kind; }; };
  auto any = [](const Type&) { return true; };
  auto other_than = [&](const Operand* operand) -> const Operand& {
    return operand == &left ? right : left;
  };
  if (const Operand* null = either(is(kNull), any)) {
    return "missing values are never null; write !has(" + report.Text(other_than(null).expr) + ")";
  }
  if (const Operand* text = either(is(kString), IsNumber)) {
    const Operand& number = other_than(text);
    const std::string* literal = TextLiteral(text->expr);
    if (literal != nullptr && LooksLikeNumber(*literal)) return "write it without quotes";
    if (number.expr.kind == ExprKind::kLiteral) {
      return IsOrder(call.name) ? "write int(" + report.Text(text->expr) + ")"
                                : "write \"" + report.Text(number.expr) + "\"";
    }
    return {};
  }
  if (const Operand* text = either(is(kString), is(kTimestamp)); text != nullptr) {
    return "write timestamp(\"2026-01-31T00:00:00Z\")";
  }
  if (const Operand* truth = either(is(kBool), any)) {
    return "it is a condition already: write " + report.Text(truth->expr) + " or !" +
           report.Text(truth->expr);
  }
  if (const Operand* duration = either(is(kDuration), IsNumber)) {
    return "write days(" + report.Text(other_than(duration).expr) + ")";
  }
  if (const Operand* time = either(is(kTimestamp), is(kDuration))) {
    return "compare a difference of times: now - " + report.Text(time->expr) + " > days(3)";
  }
  if (const Operand* time = either(is(kTimestamp), IsNumber)) {
    if (IsArithmetic(call.name)) return "write days(" + report.Text(other_than(time).expr) + ")";
    return "compare it with another time, or a difference with a duration: days(3)";
  }
  return {};
}

Type PairMismatch(const ClinicalContext& context,
                  const Expr& call,
                  const Operand& left,
                  const Operand& right) {
  const Report& report = context.report;
  const std::string verb = IsArithmetic(call.name) ? "calculate with" : "compare";
  std::string suggestion = SuggestForPair(context, call, left, right);
  if (call.name == "_+_" && left.type.kind == kTimestamp && right.type.kind == kTimestamp) {
    suggestion = "add a duration to a time, or subtract two times";
  }
  return context.report.Error(
      "wrong_type", call.span,
      "cannot " + verb + " " + Describe(left.type) + " and " + Describe(right.type) + " with '" +
          Symbol(call.name) + "': " + report.Quoted(left.expr) + ", " + report.Quoted(right.expr),
      std::move(suggestion));
}

Type Conditional(const ClinicalContext& context,
                 const Expr& call,
                 std::span<const Operand> operands,
                 bool* decided) {
  const Operand& left = operands[1];
  const Operand& right = operands[2];
  if (operands[0].type.kind != kBool && operands[0].type.kind != kDyn) {
    *decided = true;
    if (!TellNoValue(context, operands[0])) {
      context.report.Error("not_true_or_false", operands[0].expr.span,
                           "before '?' a condition is needed; " +
                               context.report.Quoted(operands[0].expr) + " is a " +
                               Describe(operands[0].type));
    }
    return Type::Of(kError);
  }
  if (!IsNumber(left.type) || !IsNumber(right.type)) return {};
  *decided = true;
  if (!CheckSameUnit(call.span, left, right, context.catalog, &context.report)) {
    return Type::Of(kError);
  }
  return {.kind = left.type.kind == right.type.kind ? left.type.kind : kDouble,
          .unit = left.type.unit.empty() ? right.type.unit : left.type.unit};
}

std::optional<Type> Comparison(const ClinicalContext& context,
                               const Expr& call,
                               std::span<const Operand> operands) {
  const Operand& left = operands[0];
  const Operand& right = operands[1];
  if (TellNoValues(context, operands)) return Type::Of(kBool);
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
  if (left.type.kind == kString && right.type.kind == kString) {
    if (IsOrder(call.name)) {
      TextOrder(context, call, left.type.name.empty() ? right : left);
    } else {
      CheckTerms(context, left, right.expr);
      CheckTerms(context, right, left.expr);
    }
    return Type::Of(kBool);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Type> ApplyOperator(const ClinicalContext& context,
                                  const Expr& call,
                                  std::span<const Operand> operands) {
  const std::string_view name = call.name;
  if (name == "_&&_" || name == "_||_" || name == "!_") return Logical(context, call, operands);
  const bool failed = std::ranges::any_of(
      operands, [](const Operand& operand) { return operand.type.kind == kError; });
  const bool yields_truth = IsEquality(name) || IsOrder(name) || name == "_in_";
  if (failed) {
    if (name == "_?_:_" && operands[0].type.kind != kError) {
      return operands[1].type.kind == kError ? operands[2].type : operands[1].type;
    }
    return Type::Of(yields_truth ? kBool : kError);
  }
  if (name == "_in_") return Membership(context, call, operands[0], operands[1]);
  if (name == "_?_:_") {
    bool decided = false;
    Type type = Conditional(context, call, operands, &decided);
    if (decided) return type;
    return std::nullopt;
  }
  if (IsEquality(name) || IsOrder(name)) return Comparison(context, call, operands);
  if (name == "-_" && IsNumber(operands[0].type)) return operands[0].type;
  if (name == "-_" || IsArithmetic(name)) {
    if (TellNoValues(context, operands)) return Type::Of(kError);
  }
  if (IsArithmetic(name) && name != "_%_" && IsNumber(operands[0].type) &&
      IsNumber(operands[1].type)) {
    return NumberArithmetic(call, operands[0], operands[1], context.catalog, &context.report);
  }
  return std::nullopt;
}

Type OperatorMismatch(const ClinicalContext& context,
                      const Expr& call,
                      std::span<const Operand> operands) {
  if (operands.size() == 2) return PairMismatch(context, call, operands[0], operands[1]);
  Report& report = context.report;
  if (call.name == "_?_:_") {
    return report.Error(
        "wrong_type", call.span,
        "both results of '? :' must be of one kind: " + report.Quoted(operands[1].expr) + " is " +
            Describe(operands[1].type) + ", " + report.Quoted(operands[2].expr) + " is " +
            Describe(operands[2].type));
  }
  return report.Error("wrong_type", call.span,
                      "'" + Symbol(call.name) + "' does not work on " + Describe(operands[0].type) +
                          ": " + report.Quoted(operands[0].expr));
}

}  // namespace vedette::rules
