// SPDX-License-Identifier: Apache-2.0
#include "rules/check/now_rule.h"

#include <algorithm>
#include <string_view>

namespace vedette::rules {
namespace {

bool IsNow(const Expr& expr) { return expr.kind == ExprKind::kIdent && expr.name == "now"; }

bool IsComparison(const Expr& expr) {
  return expr.kind == ExprKind::kCall && expr.args.size() == 2 && expr.target == nullptr &&
         (expr.name == "_<_" || expr.name == "_<=_" || expr.name == "_>_" || expr.name == "_>=_");
}

// Whether the expression is `now` plus or minus something that is free of it.
bool IsLinear(const Expr& expr) {
  if (IsNow(expr) || !ReadsNow(expr)) return true;
  if (expr.kind != ExprKind::kCall || expr.target != nullptr) return false;
  if (expr.name == "_+_" || expr.name == "_-_") {
    const bool left = ReadsNow(*expr.args[0]);
    const bool right = ReadsNow(*expr.args[1]);
    return left != right && IsLinear(*expr.args[left ? 0 : 1]);
  }
  return expr.name == "_?_:_" && !ReadsNow(*expr.args[0]) && IsLinear(*expr.args[1]) &&
         IsLinear(*expr.args[2]);
}

const Expr* FirstNow(const Expr& expr) {
  if (IsNow(expr)) return &expr;
  if (expr.target != nullptr) {
    if (const Expr* found = FirstNow(*expr.target)) return found;
  }
  for (const ExprPtr& argument : expr.args) {
    if (const Expr* found = FirstNow(*argument)) return found;
  }
  return nullptr;
}

void Tell(const Expr& expr, std::string_view why, std::string suggestion, Report* report) {
  report->Error("now_not_invertible", FirstNow(expr)->span,
                "'now' cannot be used here: " + std::string(why), std::move(suggestion));
}

void Walk(const Expr& expr, bool in_list, Report* report);

void WalkParts(const Expr& expr, bool in_list, Report* report) {
  if (expr.target != nullptr) Walk(*expr.target, in_list, report);
  for (const ExprPtr& argument : expr.args) Walk(*argument, in_list, report);
}

void Walk(const Expr& expr, bool in_list, Report* report) {
  if (!ReadsNow(expr)) return;
  if (IsNow(expr)) {
    Tell(expr, "it must be compared with a time that data tell",
         "write now > visit.W4.window_end, or now - lab.ALT.time > days(3)", report);
    return;
  }
  if (IsComparison(expr)) {
    const bool left = ReadsNow(*expr.args[0]);
    const bool right = ReadsNow(*expr.args[1]);
    if (in_list) {
      Tell(expr, "no timer can be set for each element of a list",
           "write a rule for each row: scope: row, each: form.AE", report);
    } else if (left && right) {
      Tell(expr, "it stands on both sides of the comparison", "keep it on one side", report);
    } else if (!IsLinear(*expr.args[left ? 0 : 1])) {
      Tell(expr, "it can only be added to, or subtracted", "write now - lab.ALT.time > days(3)",
           report);
    }
    return;
  }
  const bool macro = expr.kind == ExprKind::kMacro;
  if (macro) {
    Walk(*expr.target, in_list, report);
    for (const ExprPtr& argument : expr.args) Walk(*argument, true, report);
    return;
  }
  WalkParts(expr, in_list, report);
}

}  // namespace

bool ReadsNow(const Expr& expr) {
  if (IsNow(expr)) return true;
  return (expr.target != nullptr && ReadsNow(*expr.target)) ||
         std::ranges::any_of(expr.args, [](const ExprPtr& part) { return ReadsNow(*part); });
}

void CheckNow(const Expr& root, Report* report) { Walk(root, false, report); }

}  // namespace vedette::rules
