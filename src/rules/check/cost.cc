// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "rules/check/facts.h"
#include "rules/check/literal_duration.h"

namespace vedette::rules {
namespace {

// Entries of a window that nothing plans, rows of a form, elements of a list of unknown length.
constexpr std::uint64_t kUsualLength = 64;
// A grade walks the criteria of one analyte.
constexpr std::uint64_t kGradeSteps = 20;

std::uint64_t Add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::uint64_t>::max() : sum;
}

std::uint64_t Multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max()
                                                : product;
}

class CostFinder {
 public:
  CostFinder(const NodeFacts& nodes, const Catalog* catalog)
      : nodes_(nodes), catalog_(catalog), costs_(nodes.types.size()) {}

  std::uint64_t Find(const Expr& expr) {
    std::uint64_t cost = 1;
    if (expr.target != nullptr) cost = Add(cost, Find(*expr.target));
    for (const ExprPtr& argument : expr.args) {
      std::uint64_t part = Find(*argument);
      if (expr.kind == ExprKind::kMacro) part = Multiply(part, Length(*expr.target));
      cost = Add(cost, part);
    }
    cost = Add(cost, OwnCost(expr));
    costs_[expr.id] = cost;
    return cost;
  }

  // The smallest part that still makes most of the cost.
  const Expr& Costliest(const Expr& root) const {
    const Expr* part = &root;
    while (part->kind != ExprKind::kMacro) {
      const Expr* next = nullptr;
      auto consider = [&](const Expr& child) {
        if (costs_[child.id] >= costs_[part->id] / 5 * 4 && child.kind != ExprKind::kLiteral) {
          next = &child;
        }
      };
      const bool window_call =
          part->target != nullptr && nodes_.types[part->target->id].kind == TypeKind::kWindow;
      if (window_call) break;
      if (part->target != nullptr) consider(*part->target);
      for (const ExprPtr& argument : part->args) consider(*argument);
      if (next == nullptr) break;
      part = next;
    }
    return *part;
  }

 private:
  // How many elements a list, a window or a form has.
  std::uint64_t Length(const Expr& expr) const {
    if (expr.kind == ExprKind::kList) return expr.args.size();
    if (expr.kind == ExprKind::kMap) return expr.args.size() / 2;
    if (expr.kind == ExprKind::kMacro) return Length(*expr.target);
    if (expr.kind != ExprKind::kCall || expr.target == nullptr ||
        nodes_.types[expr.target->id].kind != TypeKind::kSeries) {
      return kUsualLength;
    }
    const auto item = static_cast<std::size_t>(nodes_.types[expr.target->id].item);
    if (expr.name == "last") {
      return static_cast<std::uint64_t>(LiteralInteger(*expr.args[0]).value_or(1));
    }
    const Expr* window = expr.args.empty() ? nullptr : expr.args.back().get();
    const std::int64_t every = catalog_ == nullptr ? 0 : catalog_->items[item].expected_every;
    if (window == nullptr || every <= 0) return kUsualLength;
    return static_cast<std::uint64_t>(LiteralSeconds(*window).value_or(0) / every) + 1;
  }

  std::uint64_t OwnCost(const Expr& expr) const {
    if (expr.target == nullptr) return 0;
    const TypeKind target = nodes_.types[expr.target->id].kind;
    if (target == TypeKind::kWindow && expr.kind == ExprKind::kCall) return Length(*expr.target);
    if (target != TypeKind::kSeries) return 0;
    if (expr.name == "last" || expr.name == "before") return Length(expr);
    if (expr.name == "prev" && !expr.args.empty()) {
      return static_cast<std::uint64_t>(LiteralInteger(*expr.args[0]).value_or(1));
    }
    if (expr.name == "missed_in_a_row") return kUsualLength;
    return expr.name.find("grade") == std::string::npos ? 0 : kGradeSteps;
  }

  const NodeFacts& nodes_;
  const Catalog* catalog_;
  std::vector<std::uint64_t> costs_;
};

// "1,234,567".
std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

}  // namespace

std::uint64_t CheckCost(const Expr& root,
                        const NodeFacts& nodes,
                        const CheckerOptions& options,
                        Report* report) {
  CostFinder finder(nodes, options.catalog);
  const std::uint64_t cost = finder.Find(root);
  if (cost > options.cost_limit) {
    const Expr& part = finder.Costliest(root);
    report->Error("too_costly", part.span,
                  "the rule may take " + Grouped(cost) +
                      " steps each time, most of them here; at most " +
                      Grouped(options.cost_limit) + " are allowed",
                  part.kind == ExprKind::kMacro ? "do not nest lists, or write scope: row"
                                                : "shorten the window");
  }
  return cost;
}

}  // namespace vedette::rules
