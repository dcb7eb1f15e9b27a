// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include "rules/check/typing.h"

namespace vedette::rules {
namespace {

// Names that stand for types.
std::optional<Type> TypeNamed(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, TypeKind>, 16> kTypes = {
      {{"bool", TypeKind::kBool},
       {"int", TypeKind::kInt},
       {"uint", TypeKind::kUint},
       {"double", TypeKind::kDouble},
       {"string", TypeKind::kString},
       {"bytes", TypeKind::kBytes},
       {"list", TypeKind::kList},
       {"map", TypeKind::kMap},
       {"null_type", TypeKind::kNull},
       {"type", TypeKind::kType},
       {"dyn", TypeKind::kDyn},
       {"optional_type", TypeKind::kOptional},
       {"google.protobuf.Timestamp", TypeKind::kTimestamp},
       {"google.protobuf.Duration", TypeKind::kDuration},
       {"timestamp", TypeKind::kTimestamp},
       {"duration", TypeKind::kDuration}}};
  for (const auto& [type_name, kind] : kTypes) {
    if (type_name == name) {
      return Type{.kind = TypeKind::kType, .parameters = {Type::Of(kind)}};
    }
  }
  return std::nullopt;
}

}  // namespace

Typing::Variable* Typing::FindVariable(std::string_view name) {
  const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                  [&](const Variable& variable) { return variable.name == name; });
  return found == variables_.rend() ? nullptr : &*found;
}

const Expr* Typing::RootOf(const Expr& expr) const {
  const Expr* root = &expr;
  while (root->kind == ExprKind::kSelect) root = root->target.get();
  return root->kind == ExprKind::kIdent ? root : nullptr;
}

// In a.b the name x may be a.b.x, a.x or x, in that order; .x is only x.
std::optional<Type> Typing::FindDeclared(std::string_view name) const {
  auto declared = [&](std::string_view full) -> std::optional<Type> {
    const auto found = options_.variables.find(full);
    if (found != options_.variables.end()) return found->second;
    return clinical() ? std::nullopt : TypeNamed(full);
  };
  if (name.starts_with('.')) return declared(name.substr(1));
  std::string prefix = options_.container;
  while (!prefix.empty()) {
    if (auto type = declared(prefix + "." + std::string(name))) return type;
    const std::size_t dot = prefix.rfind('.');
    prefix.resize(dot == std::string::npos ? 0 : dot);
  }
  return declared(name);
}

Type Typing::Ident(const Expr& expr) {
  if (Variable* variable = FindVariable(expr.name)) {
    variable->used = true;
    SetConstant(expr, variable->constant);
    return variable->type;
  }
  if (auto declared = FindDeclared(expr.name)) {
    return *std::move(declared);
  }
  if (clinical()) {
    const Named named = FindRoot(context(), expr);
    facts_.references[expr.id] = named.reference;
    return named.type;
  }
  std::vector<std::string_view> names;
  for (const auto& [name, type] : options_.variables) names.push_back(name);
  return report_->Error("unknown_name", expr.span, "unknown name '" + expr.name + "'",
                        DidYouMean(expr.name, names));
}

Type Typing::Select(const Expr& expr) {
  const Expr* root = expr.optional ? nullptr : RootOf(expr);
  if (root != nullptr && FindVariable(root->name) == nullptr) {
    const std::string name = QualifiedName(expr);
    if (!name.empty()) {
      if (auto declared = FindDeclared(name)) return *std::move(declared);
      if (clinical()) {
        if (auto series = rules::FindSeries(context(), expr, name)) {
          facts_.references[expr.id] = series->reference;
          return series->type;
        }
        const bool known =
            FindDeclared(root->name).has_value() || IsRootName(context(), root->name);
        if (!known && expr.target.get() == root) return UnknownRoot(context(), expr, name);
      }
    }
  }
  const Type target = Visit(*expr.target);
  SetConstant(expr, IsConstant(*expr.target));
  return SelectFrom(expr, target);
}

Type Typing::SelectFrom(const Expr& expr, Type target) {
  if (target.kind == TypeKind::kError) return target;
  if (IsClinical(target.kind)) {
    const Named named = SelectMember(context(), expr, target);
    facts_.references[expr.id] = named.reference;
    return named.type;
  }
  const bool in_optional = target.kind == TypeKind::kOptional && !target.parameters.empty();
  Type inner = in_optional ? unifier_.Resolve(target.parameters[0]) : std::move(target);
  Type result = Type::Of(TypeKind::kDyn);
  if (inner.kind == TypeKind::kMap && inner.parameters.size() == 2) {
    result = inner.parameters[1];
  } else if (inner.kind != TypeKind::kDyn && inner.kind != TypeKind::kParameter) {
    return report_->Error("unknown_member", expr.name_span,
                          WithArticle(inner) + " has no '" + expr.name + "'");
  }
  if (!in_optional && !expr.optional) return result;
  return {.kind = TypeKind::kOptional, .parameters = {std::move(result)}};
}

Type Typing::Has(const Expr& expr) {
  const Type target = Visit(*expr.target);
  if (IsClinical(target.kind)) {
    const Named named = HasMember(context(), expr, target);
    facts_.references[expr.id] = named.reference;
    return Type::Of(TypeKind::kBool);
  }
  SetConstant(expr, IsConstant(*expr.target));
  SelectFrom(expr, target);
  return Type::Of(TypeKind::kBool);
}

}  // namespace vedette::rules
