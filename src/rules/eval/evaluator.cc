// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/evaluator.h"

#include <algorithm>
#include <array>

#include "rules/eval/operations.h"
#include "rules/eval/walker.h"

namespace vedette::rules {
namespace {

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

}  // namespace

const Value* FindLocal(const Frame* frame, std::string_view name) {
  while (frame != nullptr && frame->name != name) {
    frame = frame->outer;
  }
  return frame == nullptr ? nullptr : frame->value;
}

const Expr* RootOf(const Expr& expr) {
  const Expr* root = &expr;
  while (root->kind == ExprKind::kSelect) {
    root = root->target.get();
  }
  return root->kind == ExprKind::kIdent ? root : nullptr;
}

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

bool Logic::Settles(const Value& value) {
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

Value Walker::Run(const Expr& expr) {
  Value value = Eval(expr, nullptr);
  return steps_ > options_.step_limit ? OutOfSteps() : value;
}

Value Walker::Eval(const Expr& expr, const Frame* frame) {
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

Value Walker::Dispatch(const Expr& expr, const Frame* frame) {
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

std::optional<Value> Walker::Global(std::string_view name) {
  return Resolve(name, [&](std::string_view candidate) -> std::optional<Value> {
    if (auto found = scope_.Find(candidate)) {
      return found;
    }
    return IsTypeName(candidate) ? std::optional(MakeType(candidate)) : std::nullopt;
  });
}

Value Walker::Identifier(const std::string& name, const Frame* frame) {
  if (const Value* local = FindLocal(frame, name)) {
    return *local;
  }
  auto found = Global(name);
  return found ? *std::move(found) : Value::Error("unknown name " + name);
}

std::optional<Value> Walker::Qualified(const Expr& expr, const Frame* frame) {
  const Expr* root = RootOf(expr);
  if (root == nullptr || FindLocal(frame, root->name) != nullptr) {
    return std::nullopt;
  }
  const std::string name = QualifiedName(expr);
  return name.empty() ? std::nullopt : Global(name);
}

Value Walker::Select(const Expr& expr, const Frame* frame) {
  if (auto found = Qualified(expr, frame)) {
    return *std::move(found);
  }
  return SelectField(Eval(*expr.target, frame), expr.name, expr.optional);
}

Value Walker::Has(const Expr& expr, const Frame* frame) {
  return HasField(Eval(*expr.target, frame), expr.name);
}

std::vector<Value> Walker::EvalAll(const std::vector<ExprPtr>& exprs, const Frame* frame) {
  std::vector<Value> values;
  values.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) {
    values.push_back(Eval(*expr, frame));
  }
  return values;
}

Value Walker::Bind(const Expr& expr, const Frame* frame) {
  const Value value = Eval(*expr.args[0], frame);
  const Frame inner{expr.variable, &value, frame};
  return Eval(*expr.args[1], &inner);
}

Value Evaluate(const Expr& expr, const Scope& scope, const EvaluatorOptions& options) {
  return Walker(scope, options).Run(expr);
}

}  // namespace vedette::rules
