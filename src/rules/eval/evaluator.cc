// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/evaluator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"
#include "rules/eval/selection.h"

namespace vedette::rules {
namespace {

// A variable of a macro, and those around it.
struct Frame {
  std::string_view name;
  const Value* value;
  const Frame* outer;
};

const Value* FindLocal(const Frame* frame, std::string_view name) {
  while (frame != nullptr && frame->name != name) {
    frame = frame->outer;
  }
  return frame == nullptr ? nullptr : frame->value;
}

// The identifier that a chain of selections stands on; nullptr when it is none.
const Expr* RootOf(const Expr& expr) {
  const Expr* root = &expr;
  while (root->kind == ExprKind::kSelect) {
    root = root->target.get();
  }
  return root->kind == ExprKind::kIdent ? root : nullptr;
}

bool IsTypeName(std::string_view name) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type",
       "optional_type", "google.protobuf.Timestamp", "google.protobuf.Duration"});
  return std::ranges::find(kNames, name) != kNames.end();
}

struct LiteralMaker {
  Value operator()(NullLiteral /*null*/) const { return {}; }
  Value operator()(const std::string& text) const { return Value::Text(text); }
  Value operator()(const BytesLiteral& literal) const { return MakeBytes(literal.bytes); }
  Value operator()(auto scalar) const { return Value(scalar); }
};

Value LiteralOf(const LiteralValue& literal) { return std::visit(LiteralMaker{}, literal); }

// Unknown where any is, else the first error; nullopt when there is neither.
std::optional<Value> Absent(std::span<const Value> values) {
  const Value* error = nullptr;
  for (const Value& value : values) {
    if (value.IsUnknown()) {
      return value;
    }
    if (error == nullptr && value.IsError()) {
      error = &value;
    }
  }
  return error == nullptr ? std::nullopt : std::optional(*error);
}

// Kleene's && and || over any number of values: `decisive` (false for &&) settles it, else an
// unknown, else an error, and else it is the other one.
class Logic {
 public:
  explicit Logic(bool decisive) : decisive_(decisive), result_(!decisive) {}

  // True when no further value can change the result.
  bool Settles(const Value& value) {
    const bool* truth = value.As<bool>();
    if (truth != nullptr && *truth == decisive_) {
      result_ = value;
      return true;
    }
    if (value.IsUnknown()) {
      result_ = value;
    } else if (truth == nullptr && !result_.IsUnknown() && !result_.IsError()) {
      result_ =
          value.IsError() ? value : NoOperation(decisive_ ? "_||_" : "_&&_", std::span(&value, 1));
    }
    return false;
  }

  const Value& result() const { return result_; }

 private:
  bool decisive_;
  Value result_;
};

// How much work a value is, in steps: what is large costs.
std::uint64_t Weight(const Value& value) {
  if (const std::string* text = value.AsText()) {
    return text->size() / 16;
  }
  if (const std::string* bytes = BytesOf(value)) {
    return bytes->size() / 16;
  }
  const ValueList* list = ListOf(value);
  return list == nullptr ? 0 : list->size();
}

class Walker {
 public:
  Walker(const Scope& scope, const EvaluatorOptions& options) : scope_(scope), options_(options) {}

  Value Run(const Expr& expr) {
    Value value = Eval(expr, nullptr);
    return steps_ > options_.step_limit ? OutOfSteps() : value;
  }

 private:
  static Value OutOfSteps() { return Value::Error("the evaluation takes too many steps"); }

  Value Eval(const Expr& expr, const Frame* frame) {
    if (++steps_ > options_.step_limit) {
      return OutOfSteps();
    }
    Value value = Dispatch(expr, frame);
    steps_ += Weight(value);
    if (options_.trace != nullptr) {
      auto& values = options_.trace->values;
      values.resize(std::max<std::size_t>(values.size(), expr.id + 1));
      values[expr.id] = value;
    }
    return value;
  }

  Value Dispatch(const Expr& expr, const Frame* frame) {
    switch (expr.kind) {
      case ExprKind::kLiteral:
        return LiteralOf(expr.value);
      case ExprKind::kIdent:
        return Identifier(expr.name, frame);
      case ExprKind::kSelect:
        return Select(expr, frame);
      case ExprKind::kHas:
        return Has(expr, frame);
      case ExprKind::kCall:
        return Call(expr, frame);
      case ExprKind::kList:
        return List(expr, frame);
      case ExprKind::kMap:
        return Map(expr, frame);
      case ExprKind::kMacro:
        return Macro(expr, frame);
      case ExprKind::kBind:
        return Bind(expr, frame);
    }
    return Value::Error("an expression of no kind");
  }

  // The first that `find` knows of a.b.name, a.name and name in the container a.b; only the last of
  // a name that begins with a point.
  template <class Find>
  auto Resolve(std::string_view name, Find find) -> decltype(find(name)) {
    if (name.starts_with('.')) {
      return find(name.substr(1));
    }
    for (std::string_view container = options_.container; !container.empty();) {
      if (auto found = find(std::string(container) + "." + std::string(name))) {
        return found;
      }
      const std::size_t dot = container.rfind('.');
      container = dot == std::string_view::npos ? std::string_view{} : container.substr(0, dot);
    }
    return find(name);
  }

  std::optional<Value> Global(std::string_view name) {
    return Resolve(name, [&](std::string_view candidate) -> std::optional<Value> {
      if (auto found = scope_.Find(candidate)) {
        return found;
      }
      return IsTypeName(candidate) ? std::optional(MakeType(candidate)) : std::nullopt;
    });
  }

  Value Identifier(const std::string& name, const Frame* frame) {
    if (const Value* local = FindLocal(frame, name)) {
      return *local;
    }
    auto found = Global(name);
    return found ? *std::move(found) : Value::Error("unknown name " + name);
  }

  // A chain that is one name: "lab.ALT", unless it stands on a macro's variable.
  std::optional<Value> Qualified(const Expr& expr, const Frame* frame) {
    const Expr* root = RootOf(expr);
    if (root == nullptr || FindLocal(frame, root->name) != nullptr) {
      return std::nullopt;
    }
    const std::string name = QualifiedName(expr);
    return name.empty() ? std::nullopt : Global(name);
  }

  Value Select(const Expr& expr, const Frame* frame) {
    if (auto found = Qualified(expr, frame)) {
      return *std::move(found);
    }
    return SelectField(Eval(*expr.target, frame), expr.name, expr.optional);
  }

  Value Has(const Expr& expr, const Frame* frame) {
    return HasField(Eval(*expr.target, frame), expr.name);
  }

  std::vector<Value> EvalAll(const std::vector<ExprPtr>& exprs, const Frame* frame) {
    std::vector<Value> values;
    values.reserve(exprs.size());
    for (const ExprPtr& expr : exprs) {
      values.push_back(Eval(*expr, frame));
    }
    return values;
  }

  Value Call(const Expr& expr, const Frame* frame) {
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

  Value Choice(const Expr& expr, const Frame* frame) {
    const Value condition = Eval(*expr.args[0], frame);
    if (condition.As<bool>() == nullptr) {
      return condition.IsUnknown() || condition.IsError()
                 ? condition
                 : NoOperation("_?_:_", std::span(&condition, 1));
    }
    return Eval(*expr.args[condition.IsTrue() ? 1 : 2], frame);
  }

  std::optional<Value> Operator(std::string_view name, Arguments arguments) {
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

  std::optional<Value> Function(std::string_view name, Arguments arguments) {
    return Resolve(name, [&](std::string_view candidate) {
      auto value = CallLibrary(candidate, CallStyle::kGlobal, arguments, steps_);
      return value ? value : scope_.Call(candidate, arguments);
    });
  }

  Value Method(const Expr& expr, const Frame* frame) {
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
    return target.IsUnknown() || target.IsError() ? target
                                                  : CallMethod(target, expr.name, arguments);
  }

  Value CallMethod(const Value& target, const std::string& name, std::vector<Value>& arguments) {
    const auto* object = target.As<std::shared_ptr<const Object>>();
    const bool of_list = name == "size" || name == "count_true";
    if (object != nullptr && !(of_list && (*object)->Elements())) {
      return (*object)->Call(name, arguments);
    }
    arguments.insert(arguments.begin(), target);
    auto value = CallLibrary(name, CallStyle::kMethod, arguments, steps_);
    return value ? *std::move(value) : NoOperation(name, arguments);
  }

  // Elements may be unknown; an error among them is the list's.
  Value List(const Expr& expr, const Frame* frame) {
    ValueList list;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      Value element = Eval(*expr.args[i], frame);
      if (element.IsError()) {
        return element;
      }
      if (!expr.optional_args[i] || element.IsUnknown()) {
        list.push_back(std::move(element));
        continue;
      }
      const auto* optional = element.As<OptionalValue>();
      if (optional == nullptr) {
        return NoOperation("[?_]", std::span(&element, 1));
      }
      if (optional->value != nullptr) {
        list.push_back(*optional->value);
      }
    }
    return Value::List(std::move(list));
  }

  Value Map(const Expr& expr, const Frame* frame) {
    ValueMap map;
    for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
      const std::array<Value, 2> entry = {Eval(*expr.args[i], frame),
                                          Eval(*expr.args[i + 1], frame)};
      const auto& [key, value] = entry;
      if (auto absent = Absent(value.IsError() ? std::span(entry) : std::span(entry).first(1))) {
        return *std::move(absent);
      }
      const bool whole = key.As<std::int64_t>() != nullptr || key.As<std::uint64_t>() != nullptr;
      if (!whole && key.As<bool>() == nullptr && key.AsText() == nullptr) {
        return NoOperation("{_: _}", std::span(&key, 1));
      }
      steps_ += map.entries.size() / 16;
      if (FindKey(map, key) != nullptr) {
        return Value::Error("a map has the same key twice");
      }
      if (!expr.optional_args[i / 2] || value.IsUnknown()) {
        map.entries.emplace_back(key, value);
        continue;
      }
      const auto* optional = value.As<OptionalValue>();
      if (optional == nullptr) {
        return NoOperation("{?_: _}", std::span(&value, 1));
      }
      if (optional->value != nullptr) {
        map.entries.emplace_back(key, *optional->value);
      }
    }
    return MakeMap(std::move(map));
  }

  Value Bind(const Expr& expr, const Frame* frame) {
    const Value value = Eval(*expr.args[0], frame);
    const Frame inner{expr.variable, &value, frame};
    return Eval(*expr.args[1], &inner);
  }

  Value Macro(const Expr& expr, const Frame* frame) {
    const Value target = Eval(*expr.target, frame);
    if (target.IsUnknown() || target.IsError()) {
      return target;
    }
    if (expr.macro == MacroKind::kOptMap || expr.macro == MacroKind::kOptFlatMap) {
      return OptionalMacro(expr, target, frame);
    }
    const auto range = RangeOf(target);
    if (!range) {
      return NoOperation("macro", std::span(&target, 1));
    }
    switch (expr.macro) {
      case MacroKind::kAll:
      case MacroKind::kExists:
        return Quantify(expr, *range, frame);
      case MacroKind::kExistsOne:
        return ExistsOne(expr, *range, frame);
      default:
        return FilterOrMap(expr, *range, frame);
    }
  }

  // args[argument] with the variables bound to the index-th element.
  Value Body(const Expr& expr,
             const Range& range,
             std::size_t index,
             std::size_t argument,
             const Frame* frame) {
    const Value& element = range.elements[index];
    if (expr.variable2.empty()) {
      const Frame inner{expr.variable, &element, frame};
      return Eval(*expr.args[argument], &inner);
    }
    const bool map = !range.values.empty();
    const Value position(static_cast<std::int64_t>(index));
    const Frame first{expr.variable, map ? &element : &position, frame};
    const Frame second{expr.variable2, map ? &range.values[index] : &element, &first};
    return Eval(*expr.args[argument], &second);
  }

  Value Quantify(const Expr& expr, const Range& range, const Frame* frame) {
    Logic logic(expr.macro == MacroKind::kExists);
    for (std::size_t i = 0; i < range.elements.size(); ++i) {
      if (logic.Settles(Body(expr, range, i, 0, frame))) {
        break;
      }
    }
    return logic.result();
  }

  // Looks at every element: an error or unknown one leaves it open.
  Value ExistsOne(const Expr& expr, const Range& range, const Frame* frame) {
    std::int64_t found = 0;
    std::vector<Value> open;
    for (std::size_t i = 0; i < range.elements.size(); ++i) {
      Value value = Body(expr, range, i, 0, frame);
      if (value.As<bool>() == nullptr) {
        open.push_back(value.IsUnknown() || value.IsError()
                           ? std::move(value)
                           : NoOperation("exists_one", std::span(&value, 1)));
      } else {
        found += value.IsTrue() ? 1 : 0;
      }
    }
    const auto absent = Absent(open);
    const bool decided = !absent || (absent->IsUnknown() && found > 1);
    return decided ? Value(found == 1) : *absent;
  }

  // What map makes may be unknown element by element; a filter that is unknown leaves open which
  // elements there are.
  Value FilterOrMap(const Expr& expr, const Range& range, const Frame* frame) {
    const bool map = expr.macro == MacroKind::kMap;
    const bool filter = !map || expr.args.size() == 2;
    ValueList out;
    for (std::size_t i = 0; i < range.elements.size(); ++i) {
      if (filter) {
        const Value keep = Body(expr, range, i, 0, frame);
        if (keep.As<bool>() == nullptr) {
          return keep.IsUnknown() || keep.IsError() ? keep
                                                    : NoOperation("filter", std::span(&keep, 1));
        }
        if (!keep.IsTrue()) {
          continue;
        }
      }
      Value element = map ? Body(expr, range, i, expr.args.size() - 1, frame) : range.elements[i];
      if (element.IsError()) {
        return element;
      }
      out.push_back(std::move(element));
    }
    return Value::List(std::move(out));
  }

  Value OptionalMacro(const Expr& expr, const Value& target, const Frame* frame) {
    const auto* optional = target.As<OptionalValue>();
    if (optional == nullptr) {
      return NoOperation("optMap", std::span(&target, 1));
    }
    if (optional->value == nullptr) {
      return target;
    }
    const Frame inner{expr.variable, optional->value.get(), frame};
    Value value = Eval(*expr.args[0], &inner);
    if (value.IsUnknown() || value.IsError()) {
      return value;
    }
    if (expr.macro == MacroKind::kOptMap) {
      return MakeOptional(std::move(value));
    }
    return value.As<OptionalValue>() != nullptr ? value
                                                : NoOperation("optFlatMap", std::span(&value, 1));
  }

  const Scope& scope_;
  const EvaluatorOptions& options_;
  std::uint64_t steps_ = 0;
};

}  // namespace

Value Evaluate(const Expr& expr, const Scope& scope, const EvaluatorOptions& options) {
  return Walker(scope, options).Run(expr);
}

}  // namespace vedette::rules
