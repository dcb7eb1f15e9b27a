// SPDX-License-Identifier: Apache-2.0
#include "rules/check/checker.h"

#include <utility>

#include "rules/check/facts.h"
#include "rules/check/now_rule.h"
#include "rules/check/report.h"
#include "rules/check/typing.h"
#include "rules/check/unifier.h"

namespace vedette::rules {
namespace {

void CheckExpected(const Expr& root, const Type& type, const Type& expected, Report* report) {
  TypeUnifier unifier;
  if (type.kind == TypeKind::kError || unifier.Assignable(type, expected)) return;
  if (expected.kind != TypeKind::kBool) {
    report->Error("wrong_type", root.span,
                  "a " + Describe(expected) + " is needed here; " + report->Quoted(root) +
                      " is a " + Describe(type));
    return;
  }
  const std::string text = report->Text(root);
  std::string suggestion;
  if (IsNumber(type)) suggestion = "compare it: " + text + " > 0";
  if (type.kind == TypeKind::kSeries) suggestion = "compare its value: " + text + ".value > 0";
  report->Error("not_a_condition", root.span,
                "a condition is true or false; " + report->Quoted(root) + " is a " + Describe(type),
                std::move(suggestion));
}

}  // namespace

std::expected<CheckedExpression, Diagnostics> Check(std::shared_ptr<const Ast> ast,
                                                    const CheckerOptions& options) {
  Report report(*ast);
  Typing typing(*ast, options, &report);
  const Type type = typing.Run();
  if (options.expected) CheckExpected(*ast->root, type, *options.expected, &report);
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
