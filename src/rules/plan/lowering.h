// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/catalog.h"
#include "rules/check/checker.h"
#include "rules/plan/plan_node.h"

namespace vedette::rules {

// The slot that values of a type fit in; nullopt for texts, lists and the like.
std::optional<SlotKind> SlotKindOf(const Type& type);

// timestamp(…), duration(…): the only calls whose result may hold parts of a second.
bool IsTimeFromText(const Expr& expr);

// Turns a checked condition into features and operations on them. What the machines cannot compute
// becomes a feature that the tree walker evaluates: the largest sub-expressions of which no part
// has a feature of its own. Both ways mean the same.
class Lowering {
 public:
  // Both must outlive it and the condition's features point into `checked`.
  Lowering(const CheckedExpression& checked, const Catalog& catalog)
      : checked_(checked), catalog_(catalog) {}

  // The whole expression, of a type with a slot.
  PlanNode LowerRoot();

 private:
  using Lowered = std::optional<PlanNode>;  // nullopt: left to the tree walker

  Lowered Lower(const Expr& expr);
  // A feature for the tree walker, the same for the same text.
  Lowered ExpressionNode(const Expr& expr);
  // Every argument as a node, those left to the walker as features; nullopt when none of them has
  // a feature of its own or one has no slot.
  std::optional<std::vector<PlanNode>> LowerOperands(const std::vector<const Expr*>& arguments);

  // Literals, and functions of literals: days(14), quantity(26.5, "umol/L").
  Lowered LowerConstant(const Expr& expr) const;
  Lowered LowerLiteral(const LiteralValue& value) const;
  Lowered LowerTimeText(const Expr& expr) const;
  // Whether a number or time computed by the walker keeps its whole value in a slot.
  bool FitsSlot(const Expr& expr, SlotKind slot) const;
  bool IsSurelyDouble(const Expr& expr) const;
  // Calls that are operators, conversions, score functions (lowering_operators.cc).
  Lowered LowerCall(const Expr& expr);
  Lowered LowerOperator(const Expr& expr);
  Lowered LowerArithmetic(std::string_view name, PlanNode a, PlanNode b);
  Lowered LowerComparison(std::string_view name, PlanNode a, PlanNode b);
  Lowered LowerMembership(const Expr& expr);
  Lowered LowerConversion(const Expr& expr);
  Lowered LowerScore(const Expr& expr);
  // [a, b, c].count_true() >= 2 (lowering_count.cc)
  Lowered LowerCountComparison(const Expr& expr);

  // Names and members of the clinical library (lowering_features.cc).
  Lowered LowerFeature(const Expr& expr);
  Lowered LowerSeriesMember(const Expr& series, std::string_view member, const Expr& expr);
  Lowered LowerObservationMember(const Expr& expr);
  Lowered LowerSeriesCall(const Expr& expr);
  Lowered LowerWindowCall(const Expr& expr);
  Lowered LowerVisitMember(const Expr& expr);
  Lowered LowerKriMember(const Expr& expr);
  Lowered LowerField(const Expr& expr, FeatureKind kind);
  // Of a series: its item, and how its numbers become those of the unit the rule is written in.
  std::optional<Feature> SeriesFeature(const Expr& series, FeatureKind kind, SlotKind slot) const;
  std::optional<std::int64_t> ConstantOf(const Expr& expr, SlotKind kind);

  const CheckedExpression& checked_;
  const Catalog& catalog_;
  std::vector<const Expr*> expressions_;  // of features for the tree walker, each text once
};

}  // namespace vedette::rules
