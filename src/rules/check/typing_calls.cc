// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "rules/check/typing.h"
#include "rules/scores/score_functions.h"

namespace vedette::rules {
namespace {

// How many operands an operator has; 0 for a function. A name such as _in_ may be a function too.
std::size_t Operands(std::string_view name) {
  if (name == "!_" || name == "-_") return 1;
  if (name == "_?_:_") return 3;
  static constexpr std::string_view kBinary[] = {"_+_",  "_-_",  "_*_",  "_/_",  "_%_",  "_&&_",
                                                 "_||_", "_==_", "_!=_", "_<_",  "_<=_", "_>_",
                                                 "_>=_", "_in_", "_[_]", "_[?_]"};
  return std::ranges::find(kBinary, name) == std::end(kBinary) ? 0 : 2;
}

bool IsExtreme(std::string_view function) {
  return function == "math.greatest" || function == "math.least";
}

// Functions of a number whose result is in its unit.
bool KeepsUnit(std::string_view function) {
  static constexpr std::string_view kFunctions[] = {
      "double", "int", "math.abs", "math.ceil", "math.floor", "math.round", "math.trunc"};
  return std::ranges::find(kFunctions, function) != std::end(kFunctions);
}

std::vector<Type> TypesOf(const std::optional<Type>& target, const std::vector<Operand>& operands) {
  std::vector<Type> types;
  if (target) types.push_back(*target);
  for (const Operand& operand : operands) types.push_back(operand.type);
  return types;
}

bool AnyFailed(const std::vector<Type>& types) {
  return std::ranges::any_of(types, [](const Type& type) { return type.kind == TypeKind::kError; });
}

std::string DescribeAll(const std::vector<Operand>& operands) {
  if (operands.empty()) return "nothing";
  std::string text;
  for (const Operand& operand : operands) {
    if (!text.empty()) text += ", ";
    text += WithArticle(operand.type);
  }
  return text;
}

}  // namespace

std::vector<Operand> Typing::VisitArguments(const Expr& expr) {
  std::vector<Operand> operands;
  operands.reserve(expr.args.size());
  for (const ExprPtr& argument : expr.args) {
    Type type = Visit(*argument);
    operands.push_back({*argument, std::move(type), IsConstant(*argument)});
  }
  // What was visited later may have told more about the earlier ones.
  for (Operand& operand : operands) operand.type = unifier_.Resolve(operand.type);
  return operands;
}

Type Typing::Call(const Expr& expr) {
  if (expr.target == nullptr) {
    if (!expr.args.empty() && Operands(expr.name) == expr.args.size()) return OperatorCall(expr);
    const std::string_view name = expr.name;
    return FunctionCall(expr, name.starts_with('.') ? name.substr(1) : name);
  }
  if (const auto function = QualifiedFunction(expr)) return FunctionCall(expr, *function);
  return MemberCall(expr);
}

// "math.abs" of math.abs(x), when that is a function and not a member called on a value.
std::optional<std::string> Typing::QualifiedFunction(const Expr& expr) const {
  std::string name = QualifiedName(*expr.target);
  if (name.empty()) return std::nullopt;
  if (name.starts_with('.')) name.erase(0, 1);
  name += '.';
  name += expr.name;
  if (FindOverloads(name).empty() && !IsExtreme(name)) return std::nullopt;
  const Expr* root = RootOf(*expr.target);
  const bool shadowed = std::ranges::any_of(
      variables_, [&](const Variable& variable) { return variable.name == root->name; });
  if (shadowed) return std::nullopt;
  return name;
}

std::optional<Type> Typing::Resolve(std::string_view function,
                                    bool member,
                                    std::vector<Type> arguments) {
  std::optional<Type> result;
  for (const Overload& overload : FindOverloads(function)) {
    if (overload.member != member || overload.signature.size() != arguments.size() + 1) continue;
    const std::vector<Type> signature = unifier_.Instantiate(overload.signature);
    if (!unifier_.AllAssignable(arguments, std::span(signature).first(arguments.size()))) continue;
    Type type = unifier_.Resolve(signature.back());
    if (!result) {
      result = std::move(type);
    } else if (*result != type) {
      result = Type::Of(TypeKind::kDyn);
    }
  }
  return result;
}

Type Typing::OperatorCall(const Expr& expr) {
  const std::vector<Operand> operands = VisitArguments(expr);
  SetConstant(expr, AllConstant(expr));
  if (clinical()) {
    if (auto type = ApplyOperator(context(), expr, operands)) return *std::move(type);
  }
  std::vector<Type> types = TypesOf(std::nullopt, operands);
  const bool failed = AnyFailed(types);
  if (auto type = Resolve(expr.name, false, std::move(types))) {
    return *std::move(type);
  }
  if (failed) return Type::Of(TypeKind::kError);
  if (clinical()) return OperatorMismatch(context(), expr, operands);
  return NoOverload(expr, expr.name, std::nullopt, operands);
}

Type Typing::MemberCall(const Expr& expr) {
  const Type target = Visit(*expr.target);
  const std::vector<Operand> operands = VisitArguments(expr);
  if (IsClinical(target.kind)) {
    return CallMember(context(), expr, target, TypesOf(std::nullopt, operands));
  }
  SetConstant(expr, AllConstant(expr));
  std::vector<Type> types = TypesOf(unifier_.Resolve(target), operands);
  if (AnyFailed(types)) return Type::Of(TypeKind::kError);
  if (auto type = Resolve(expr.name, true, std::move(types))) return *std::move(type);
  return NoOverload(expr, expr.name, target, operands);
}

Type Typing::FunctionCall(const Expr& expr, std::string_view function) {
  const std::vector<Operand> operands = VisitArguments(expr);
  SetConstant(
      expr, std::ranges::all_of(operands, [](const Operand& operand) { return operand.constant; }));
  if (clinical()) {
    if (auto type = CallFunction(context(), expr, operands)) {
      if (type->kind == TypeKind::kKri) SetConstant(expr, false);
      return *std::move(type);
    }
  }
  if (AnyFailed(TypesOf(std::nullopt, operands))) return Type::Of(TypeKind::kError);
  if (IsExtreme(function)) return Extreme(expr, operands);
  auto type = Resolve(function, false, TypesOf(std::nullopt, operands));
  if (!type) return NoOverload(expr, function, std::nullopt, operands);
  if (operands.empty() || operands[0].type.unit.empty() || !IsNumber(*type)) return *type;
  if (KeepsUnit(function)) {
    type->unit = operands[0].type.unit;
  } else if (function == "math.sqrt") {
    return report_->Error("unit_product", expr.span,
                          report_->Quoted(operands[0].expr) + " is in " + operands[0].type.unit +
                              "; its root has no unit that rules know",
                          "divide by quantity(1.0, \"" + operands[0].type.unit + "\") first");
  }
  return *type;
}

// The greatest or least of its arguments, or of one list.
Type Typing::Extreme(const Expr& expr, const std::vector<Operand>& operands) {
  std::optional<Type> result;
  const Operand* first = nullptr;
  for (const Operand& operand : operands) {
    Type type = operand.type;
    if (type.kind == TypeKind::kList && operands.size() == 1 && !type.parameters.empty()) {
      type = unifier_.Resolve(type.parameters[0]);
    }
    if (!IsNumber(type) && type.kind != TypeKind::kDyn && type.kind != TypeKind::kParameter) {
      return NoOverload(expr, "math." + expr.name, std::nullopt, operands);
    }
    if (!result) {
      result = std::move(type);
      first = &operand;
      continue;
    }
    if (clinical() && IsNumber(*result) && IsNumber(type)) {
      CheckSameUnit(operand.expr.span, {first->expr, *result, first->constant}, operand,
                    *options_.catalog, report_);
      if (result->kind != type.kind) result->kind = TypeKind::kDouble;
      if (result->unit.empty()) result->unit = type.unit;
    } else if (result->kind != type.kind) {
      result = Type::Of(TypeKind::kDyn);
    }
  }
  if (!result) return NoOverload(expr, "math." + expr.name, std::nullopt, operands);
  return *std::move(result);
}

// What the author of an unknown function may have meant.
std::string Typing::SuggestFunction(const Expr& expr,
                                    std::string_view function,
                                    const std::optional<Type>& target) const {
  const std::string name(function);
  const bool of_window = FindMember(TypeKind::kWindow, name, true) != nullptr;
  if (target && target->kind == TypeKind::kList) {
    if (of_window && name != "count") return "write .window(days(14))." + name + "() on the series";
    if (name == "count" || name == "length") {
      return "write " + report_->Text(*expr.target) + ".size()";
    }
  }
  const Member* member = FindMember(TypeKind::kWindow, name, true);
  if (member == nullptr) member = FindByOtherWord(TypeKind::kWindow, name);
  if (!target && clinical() && member != nullptr) {
    return "write lab.ALT.window(days(14))." + ExampleOf(*member);
  }
  if (!target && !FindOverloads("math." + name).empty()) return "write math." + name + "(…)";
  std::vector<std::string_view> names;
  for (const std::string_view known : FunctionNames()) names.push_back(known);
  if (clinical() && !target) {
    names.insert(names.end(),
                 {"days", "hours", "minutes", "weeks", "codelist", "smq", "kri", "quantity"});
    for (const ScoreFunction& score : ScoreFunctions()) names.push_back(score.name);
  }
  std::string suggestion = DidYouMean(function, names);
  if (suggestion.empty() && clinical() && !target) {
    suggestion = "there are days, hours, codelist, quantity, math.abs, size, scores such as qtcf";
  }
  return suggestion;
}

Type Typing::NoOverload(const Expr& expr,
                        std::string_view function,
                        const std::optional<Type>& target,
                        const std::vector<Operand>& operands) {
  const std::string name(function);
  const bool known = std::ranges::any_of(FindOverloads(function), [&](const Overload& overload) {
    return overload.member == target.has_value();
  });
  if (!known) {
    return report_->Error("unknown_function", expr.name_span,
                          target ? report_->Quoted(*expr.target) + " is " + WithArticle(*target) +
                                       ", which has no '" + name + "()'"
                                 : "unknown function '" + name + "'",
                          SuggestFunction(expr, function, target));
  }
  std::string message = "'" + name + "' does not take " + DescribeAll(operands);
  if (target) message += " on " + WithArticle(*target);
  return report_->Error("wrong_type", expr.span, std::move(message));
}

}  // namespace vedette::rules
