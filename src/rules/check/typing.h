// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/check/checker.h"
#include "rules/check/clinical.h"
#include "rules/check/overloads.h"
#include "rules/check/report.h"
#include "rules/check/unifier.h"

namespace vedette::rules {

// What is known of every node of a tree, by Expr::id.
struct NodeFacts {
  std::vector<Type> types;
  std::vector<std::int32_t> references;
  std::vector<bool> constant;  // made of literals alone
};

// Finds the type of every node: names, overloads, units. Walks a tree once.
class Typing {
 public:
  Typing(const Ast& ast, const CheckerOptions& options, Report* report);

  // The type of the whole expression, parameters resolved.
  Type Run();
  NodeFacts TakeFacts();

 private:
  struct Variable {
    std::string name;
    Type type;
    bool constant = false;
    bool used = false;
  };

  Type Visit(const Expr& expr);
  Type VisitByKind(const Expr& expr);
  // typing.cc
  Type Literal(const Expr& expr);
  Type List(const Expr& expr);
  Type Map(const Expr& expr);
  Type Macro(const Expr& expr);
  Type Body(const Expr& expr, const Type& element);
  std::optional<Type> ElementOf(const Expr& expr, const Type& range);
  std::optional<Type> MacroOverOptional(const Expr& expr, const Type& target);
  Type Bind(const Expr& expr);
  void RequireTruth(const Expr& expr, const Type& type);
  void Push(std::string name, Type type, bool constant, Span place);
  void Pop();
  // typing_names.cc
  Type Ident(const Expr& expr);
  Type Select(const Expr& expr);
  Type SelectFrom(const Expr& expr, Type target);
  Type Has(const Expr& expr);
  Variable* FindVariable(std::string_view name);
  const Expr* RootOf(const Expr& expr) const;
  std::optional<Type> FindDeclared(std::string_view name) const;
  // typing_calls.cc
  Type Call(const Expr& expr);
  Type MemberCall(const Expr& expr);
  Type OperatorCall(const Expr& expr);
  Type FunctionCall(const Expr& expr, std::string_view function);
  Type Extreme(const Expr& expr, const std::vector<Operand>& operands);
  std::optional<std::string> QualifiedFunction(const Expr& expr) const;
  std::vector<Operand> VisitArguments(const Expr& expr);
  // nullopt: no overload takes them.
  std::optional<Type> Resolve(std::string_view function, bool member, std::vector<Type> arguments);
  std::string SuggestFunction(const Expr& expr,
                              std::string_view function,
                              const std::optional<Type>& target) const;
  Type NoOverload(const Expr& expr,
                  std::string_view function,
                  const std::optional<Type>& target,
                  const std::vector<Operand>& operands);

  bool clinical() const { return options_.catalog != nullptr; }
  ClinicalContext context() const { return {*options_.catalog, options_, *report_}; }
  void SetConstant(const Expr& expr, bool constant) { facts_.constant[expr.id] = constant; }
  bool IsConstant(const Expr& expr) const { return facts_.constant[expr.id]; }
  bool AllConstant(const Expr& expr) const;

  const Ast& ast_;
  const CheckerOptions& options_;
  Report* report_;
  TypeUnifier unifier_;
  std::vector<Variable> variables_;
  NodeFacts facts_;
};

}  // namespace vedette::rules
