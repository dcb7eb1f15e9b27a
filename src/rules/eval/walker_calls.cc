// SPDX-License-Identifier: Apache-2.0
// Operators, functions and methods.
#include <array>
#include <utility>

#include "rules/eval/operations.h"
#include "rules/eval/walker.h"

namespace vedette::rules {

Value Walker::Call(const Expr& expr, const Frame* frame) {
  if (expr.target != nullptr) {
    return Method(expr, frame);
  }
  if (expr.name == "_&&_" || expr.name == "_||_") {
    Logic logic(expr.name == "_||_");
    for (const ExprPtr& operand : expr.args) {
      if (logic.Settles(Eval(*operand, frame))) {
        break;
      }
    }
    return logic.result();
  }
  if (expr.name == "_?_:_") {
    return Choice(expr, frame);
  }
  const std::vector<Value> arguments = EvalAll(expr.args, frame);
  if (auto absent = Absent(arguments)) {
    return *std::move(absent);
  }
  if (expr.name.starts_with('_') || expr.name == "!_" || expr.name == "-_") {
    if (auto value = Operator(expr.name, arguments)) {
      return *std::move(value);
    }
  }
  auto value = Function(expr.name, arguments);
  return value ? *std::move(value) : Value::Error("unknown function " + expr.name);
}

Value Walker::Choice(const Expr& expr, const Frame* frame) {
  const Value condition = Eval(*expr.args[0], frame);
  if (condition.As<bool>() == nullptr) {
    return condition.IsUnknown() || condition.IsError()
               ? condition
               : NoOperation("_?_:_", std::span(&condition, 1));
  }
  return Eval(*expr.args[condition.IsTrue() ? 1 : 2], frame);
}

std::optional<Value> Walker::Operator(std::string_view name, Arguments arguments) {
  if (name == "!_") {
    const bool* truth = arguments[0].As<bool>();
    return truth == nullptr ? NoOperation(name, arguments) : Value(!*truth);
  }
  if (name == "-_") {
    return Negate(arguments[0]);
  }
  if (arguments.size() != 2) {
    return std::nullopt;
  }
  const Value& a = arguments[0];
  const Value& b = arguments[1];
  if (name == "_==_") {
    return Equals(a, b, steps_);
  }
  if (name == "_!=_") {
    const Value equal = Equals(a, b, steps_);
    return equal.As<bool>() == nullptr ? equal : Value(!equal.IsTrue());
  }
  if (name == "_in_") {
    return IsIn(a, b, steps_);
  }
  if (name == "_[_]" || name == "_[?_]") {
    return SelectElement(a, b, name == "_[?_]");
  }
  static constexpr auto kOrders =
      std::to_array<std::pair<std::string_view, Order>>({{"_<_", Order::kLess},
                                                         {"_<=_", Order::kLessOrEqual},
                                                         {"_>_", Order::kGreater},
                                                         {"_>=_", Order::kGreaterOrEqual}});
  for (const auto& [symbol, order] : kOrders) {
    if (symbol == name) {
      return Compare(order, a, b);
    }
  }
  if (name.size() == 3 && std::string_view("+-*/%").contains(name[1])) {
    return Arithmetic(
        name[1], a, b,
        options_.division_by_zero_is_unknown ? ZeroDivision::kUnknown : ZeroDivision::kCel);
  }
  return std::nullopt;
}

std::optional<Value> Walker::Function(std::string_view name, Arguments arguments) {
  return Resolve(name, [&](std::string_view candidate) {
    auto value = CallLibrary(candidate, CallStyle::kGlobal, arguments, steps_);
    return value ? value : scope_.Call(candidate, arguments);
  });
}

Value Walker::Method(const Expr& expr, const Frame* frame) {
  std::vector<Value> arguments = EvalAll(expr.args, frame);
  auto absent = Absent(arguments);
  // math.greatest(a, b) is a function of that name, unless `math` is a variable.
  const Expr* root = RootOf(*expr.target);
  if (root != nullptr && FindLocal(frame, root->name) == nullptr && !absent) {
    const std::string space = QualifiedName(*expr.target);
    if (!space.empty()) {
      if (auto value = Function(space + "." + expr.name, arguments)) {
        return *std::move(value);
      }
    }
  }
  const Value target = Eval(*expr.target, frame);
  if (absent) {
    return target.IsUnknown() ? target : *std::move(absent);
  }
  return target.IsUnknown() || target.IsError() ? target : CallMethod(target, expr.name, arguments);
}

Value Walker::CallMethod(const Value& target,
                         const std::string& name,
                         std::vector<Value>& arguments) {
  const auto* object = target.As<std::shared_ptr<const Object>>();
  const bool of_list = name == "size" || name == "count_true";
  if (object != nullptr && !(of_list && (*object)->Elements())) {
    return (*object)->Call(name, arguments);
  }
  arguments.insert(arguments.begin(), target);
  auto value = CallLibrary(name, CallStyle::kMethod, arguments, steps_);
  return value ? *std::move(value) : NoOperation(name, arguments);
}

}  // namespace vedette::rules
