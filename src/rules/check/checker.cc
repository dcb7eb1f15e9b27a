// SPDX-License-Identifier: Apache-2.0
#include "rules/check/checker.h"

#include <utility>

#include "rules/check/facts.h"
#include "rules/check/now_rule.h"
#include "rules/check/operator_mistakes.h"
#include "rules/check/report.h"
#include "rules/check/typing.h"
#include "rules/check/unifier.h"

namespace vedette::rules {
namespace {

void CheckExpected(const Expr& root,
                   const Type& type,
                   const CheckerOptions& options,
                   Report* report) {
  const Type& expected = *options.expected;
  TypeUnifier unifier;
  if (type.kind == TypeKind::kError || unifier.Assignable(type, expected)) return;
  if (expected.kind != TypeKind::kBool) {
    report->Error("wrong_type", root.span,
                  WithArticle(expected) + " is needed here; " + report->Quoted(root) + " is " +
                      WithArticle(type));
    return;
  }
  if (options.catalog != nullptr) {
    TellNoCondition({*options.catalog, options, *report}, "a condition is true or false",
                    {root, type, false});
    return;
  }
  report->Error(
      "not_a_condition", root.span,
      "a condition is true or false; " + report->Quoted(root) + " is " + WithArticle(type));
}

}  // namespace

std::expected<CheckedExpression, Diagnostics> Check(std::shared_ptr<const Ast> ast,
                                                    const CheckerOptions& options) {
  Report report(*ast);
  Typing typing(*ast, options, &report);
  const Type type = typing.Run();
  if (options.expected) CheckExpected(*ast->root, type, options, &report);
  const bool condition = options.expected && options.expected->kind == TypeKind::kBool;
  if (options.catalog != nullptr && condition) CheckNow(*ast->root, &report);
  if (report.failed()) return std::unexpected(report.TakeErrors());

  NodeFacts nodes = typing.TakeFacts();
  RuleFacts facts;
  if (options.catalog != nullptr) {
    facts = FindFacts(*ast->root, nodes, options);
    WarnAboutConstants(*ast->root, nodes, &report);
  }
  facts.cost = CheckCost(*ast->root, nodes, options, &report);
  if (report.failed()) return std::unexpected(report.TakeErrors());

  CheckedExpression checked;
  checked.ast = std::move(ast);
  checked.types = std::move(nodes.types);
  checked.references = std::move(nodes.references);
  checked.facts = std::move(facts);
  checked.warnings = report.TakeWarnings();
  return checked;
}

}  // namespace vedette::rules
