// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "rules/check/facts.h"

namespace vedette::rules {
namespace {

bool JoinsConditions(const Expr& expr) {
  return expr.kind == ExprKind::kCall && expr.target == nullptr &&
         (expr.name == "_&&_" || expr.name == "_||_" || expr.name == "!_" || expr.name == "_?_:_");
}

class ConstantWarner {
 public:
  ConstantWarner(const NodeFacts& nodes, Report* report) : nodes_(nodes), report_(report) {}

  void Walk(const Expr& expr, bool is_condition) {
    const bool constant = nodes_.constant[expr.id];
    if (is_condition && constant && nodes_.types[expr.id].kind == TypeKind::kBool) {
      report_->Warning("constant_condition", expr.span,
                       report_->Quoted(expr) + " is the same for every subject",
                       "leave it out, or compare data");
      return;
    }
    WarnAboutDivision(expr);
    if (expr.target != nullptr) Walk(*expr.target, false);
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      const bool condition = JoinsConditions(expr) && (expr.name != "_?_:_" || i == 0);
      Walk(*expr.args[i], condition);
    }
  }

 private:
  void WarnAboutDivision(const Expr& expr) {
    if (expr.kind != ExprKind::kCall || expr.name != "_/_" || expr.args.size() != 2) return;
    for (const ExprPtr& argument : expr.args) {
      if (nodes_.types[argument->id].kind != TypeKind::kInt) return;
    }
    report_->Warning("whole_number_division", expr.span,
                     "whole numbers are divided without remainder: 1 / 2 is 0",
                     "write one of them with a fraction: 2.0");
  }

  const NodeFacts& nodes_;
  Report* report_;
};

}  // namespace

void WarnAboutConstants(const Expr& root, const NodeFacts& nodes, Report* report) {
  ConstantWarner(nodes, report).Walk(root, true);
}

}  // namespace vedette::rules
