// SPDX-License-Identifier: Apache-2.0
#include "rules/check/typing.h"

#include <algorithm>

namespace vedette::rules {

Typing::Typing(const Ast& ast, const CheckerOptions& options, Report* report)
    : ast_(ast), options_(options), report_(report) {
  facts_.types.resize(ast.size);
  facts_.references.assign(ast.size, -1);
  facts_.constant.assign(ast.size, false);
}

Type Typing::Run() { return unifier_.ResolveFully(Visit(*ast_.root)); }

NodeFacts Typing::TakeFacts() {
  for (Type& type : facts_.types) type = unifier_.ResolveFully(type);
  return std::move(facts_);
}

Type Typing::Visit(const Expr& expr) {
  Type type = Bounded(unifier_.Resolve(VisitByKind(expr)));
  facts_.types[expr.id] = type;
  return type;
}

Type Typing::VisitByKind(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kLiteral:
      SetConstant(expr, true);
      return Literal(expr);
    case ExprKind::kIdent:
      return Ident(expr);
    case ExprKind::kSelect:
      return Select(expr);
    case ExprKind::kHas:
      return Has(expr);
    case ExprKind::kCall:
      return Call(expr);
    case ExprKind::kList:
      return List(expr);
    case ExprKind::kMap:
      return Map(expr);
    case ExprKind::kMacro:
      return Macro(expr);
    case ExprKind::kBind:
      return Bind(expr);
  }
  return Type::Of(TypeKind::kError);
}

bool Typing::AllConstant(const Expr& expr) const {
  return (expr.target == nullptr || IsConstant(*expr.target)) &&
         std::ranges::all_of(expr.args, [&](const ExprPtr& part) { return IsConstant(*part); });
}

Type Typing::Literal(const Expr& expr) {
  static constexpr TypeKind kKinds[] = {TypeKind::kNull, TypeKind::kBool,   TypeKind::kInt,
                                        TypeKind::kUint, TypeKind::kDouble, TypeKind::kString,
                                        TypeKind::kBytes};
  static_assert(std::size(kKinds) == std::variant_size_v<LiteralValue>);
  return Type::Of(kKinds[expr.value.index()]);
}

Type Typing::List(const Expr& expr) {
  std::optional<Type> element;
  const Expr* first = nullptr;
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    const Expr& argument = *expr.args[i];
    Type type = Visit(argument);
    if (i < expr.optional_args.size() && expr.optional_args[i]) {
      const Type inner = unifier_.NewParameter();
      unifier_.Assignable(type, Type{.kind = TypeKind::kOptional, .parameters = {inner}});
      type = unifier_.Resolve(inner);
    }
    if (clinical() && element && IsNumber(*element) && IsNumber(type)) {
      CheckSameUnit(argument.span, {*first, *element, IsConstant(*first)},
                    {argument, type, IsConstant(argument)}, *options_.catalog, report_);
      if (element->kind != type.kind) element->kind = TypeKind::kDouble;
      if (element->unit.empty()) element->unit = type.unit;
      continue;
    }
    if (first == nullptr) first = &argument;
    element = element ? unifier_.Join(*element, type) : std::move(type);
  }
  SetConstant(expr, AllConstant(expr));
  return Type::ListOf(element ? *std::move(element) : unifier_.NewParameter());
}

Type Typing::Map(const Expr& expr) {
  std::optional<Type> key;
  std::optional<Type> value;
  for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    const Type key_type = Visit(*expr.args[i]);
    Type type = Visit(*expr.args[i + 1]);
    if (i / 2 < expr.optional_args.size() && expr.optional_args[i / 2]) {
      const Type inner = unifier_.NewParameter();
      unifier_.Assignable(type, Type{.kind = TypeKind::kOptional, .parameters = {inner}});
      type = unifier_.Resolve(inner);
    }
    key = key ? unifier_.Join(*key, key_type) : key_type;
    value = value ? unifier_.Join(*value, type) : std::move(type);
  }
  SetConstant(expr, AllConstant(expr));
  if (!key) {
    key = unifier_.NewParameter();
    value = unifier_.NewParameter();
  }
  return {.kind = TypeKind::kMap, .parameters = {*std::move(key), *std::move(value)}};
}

void Typing::Push(std::string name, Type type, bool constant, Span place) {
  if (clinical() && name == "now") {
    report_->Error("name_taken", place, "'now' is the present time", "choose another name");
  }
  variables_.push_back({.name = std::move(name), .type = std::move(type), .constant = constant});
}

void Typing::Pop() { variables_.pop_back(); }

std::optional<Type> Typing::ElementOf(const Expr& expr, const Type& range) {
  switch (range.kind) {
    case TypeKind::kList:
    case TypeKind::kMap:
      return range.parameters.empty() ? Type::Of(TypeKind::kDyn) : range.parameters[0];
    case TypeKind::kDyn:
    case TypeKind::kError:
      return range;
    case TypeKind::kParameter: {
      Type element = unifier_.NewParameter();
      unifier_.Assignable(range, Type::ListOf(element));
      return element;
    }
    case TypeKind::kWindow:
      return Type{.kind = TypeKind::kObservation, .unit = range.unit, .item = range.item};
    case TypeKind::kForm:
      return Type{.kind = TypeKind::kRow, .name = range.name};
    default:
      break;
  }
  const std::string macro = report_->Text(expr.name_span);
  std::string suggestion;
  if (range.kind == TypeKind::kSeries) {
    suggestion = "write " + report_->Text(*expr.target) + ".window(days(14))." + macro + "(…)";
  }
  report_->Error("not_a_list", expr.target->span,
                 "'" + macro + "' runs over a list; " + report_->Quoted(*expr.target) + " is " +
                     WithArticle(range),
                 std::move(suggestion));
  return std::nullopt;
}

void Typing::RequireTruth(const Expr& expr, const Type& type) {
  if (type.kind == TypeKind::kError || unifier_.Assignable(type, Type::Of(TypeKind::kBool))) return;
  report_->Error(
      "not_true_or_false", expr.span,
      "a condition is needed here; " + report_->Quoted(expr) + " is " + WithArticle(type));
}

std::optional<Type> Typing::MacroOverOptional(const Expr& expr, const Type& target) {
  if (expr.macro != MacroKind::kOptMap && expr.macro != MacroKind::kOptFlatMap) {
    return std::nullopt;
  }
  const Type inner = unifier_.NewParameter();
  if (!unifier_.Assignable(target, Type{.kind = TypeKind::kOptional, .parameters = {inner}})) {
    return report_->Error(
        "wrong_type", expr.target->span,
        "'" + report_->Text(expr.name_span) + "' works on an optional, not on " + Describe(target));
  }
  Push(expr.variable, unifier_.Resolve(inner), IsConstant(*expr.target), expr.name_span);
  Type result = Visit(*expr.args[0]);
  Pop();
  if (expr.macro == MacroKind::kOptFlatMap) return result;
  return Type{.kind = TypeKind::kOptional, .parameters = {std::move(result)}};
}

Type Typing::Body(const Expr& expr, const Type& element) {
  switch (expr.macro) {
    case MacroKind::kMap: {
      for (std::size_t i = 0; i + 1 < expr.args.size(); ++i) {
        RequireTruth(*expr.args[i], Visit(*expr.args[i]));
      }
      return Type::ListOf(Visit(*expr.args.back()));
    }
    case MacroKind::kFilter:
      RequireTruth(*expr.args[0], Visit(*expr.args[0]));
      return Type::ListOf(element);
    default:
      RequireTruth(*expr.args[0], Visit(*expr.args[0]));
      return Type::Of(TypeKind::kBool);
  }
}

Type Typing::Macro(const Expr& expr) {
  const Type range = Visit(*expr.target);
  if (auto optional = MacroOverOptional(expr, range)) return *std::move(optional);
  const std::optional<Type> element = ElementOf(expr, range);
  const Type first = element ? *element : Type::Of(TypeKind::kError);
  const bool constant = IsConstant(*expr.target);
  if (expr.variable2.empty()) {
    Push(expr.variable, first, constant, expr.name_span);
  } else {
    const bool map = range.kind == TypeKind::kMap && range.parameters.size() == 2;
    const bool list = range.kind == TypeKind::kList;
    Push(expr.variable, list ? Type::Of(TypeKind::kInt) : first, constant, expr.name_span);
    Push(expr.variable2, map ? range.parameters[1] : first, constant, expr.name_span);
  }
  Type result = Body(expr, first);
  if (!expr.variable2.empty()) Pop();
  Pop();
  SetConstant(expr, AllConstant(expr));
  return result;
}

Type Typing::Bind(const Expr& expr) {
  Type value = Visit(*expr.args[0]);
  Push(expr.variable, std::move(value), IsConstant(*expr.args[0]), expr.name_span);
  Type result = Visit(*expr.args[1]);
  if (!variables_.back().used) {
    report_->Warning("unused_variable", expr.span, "'" + expr.variable + "' is never used",
                     "leave out cel.bind");
  }
  Pop();
  SetConstant(expr, AllConstant(expr));
  return result;
}

}  // namespace vedette::rules
