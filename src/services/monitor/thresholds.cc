// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/thresholds.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace vedette::monitor {
namespace {

using rules::Comparison;
using rules::Expr;
using rules::ExprKind;

struct Operator {
  std::string_view name;
  Comparison comparison;
  Comparison turned;  // with its sides exchanged
};
constexpr std::array kOperators = {
    Operator{"_>_", Comparison::kGreaterThan, Comparison::kLessThan},
    Operator{"_>=_", Comparison::kGreaterOrEqual, Comparison::kLessOrEqual},
    Operator{"_<_", Comparison::kLessThan, Comparison::kGreaterThan},
    Operator{"_<=_", Comparison::kLessOrEqual, Comparison::kGreaterOrEqual},
    Operator{"_==_", Comparison::kEqual, Comparison::kEqual},
    Operator{"_!=_", Comparison::kNotEqual, Comparison::kNotEqual},
};

std::optional<double> Constant(const Expr& expr) {
  if (expr.kind == ExprKind::kCall && expr.name == "-_" && expr.args.size() == 1) {
    const auto inner = Constant(*expr.args[0]);
    if (inner) return -*inner;
    return std::nullopt;
  }
  if (expr.kind != ExprKind::kLiteral) return std::nullopt;
  if (const auto* number = std::get_if<double>(&expr.value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&expr.value)) {
    return static_cast<double>(*number);
  }
  return std::nullopt;
}

class Finder {
 public:
  Finder(const rules::Rule& rule,
         const std::string& value_name,
         std::uint32_t item,
         std::vector<Threshold>* thresholds)
      : rule_(rule), value_name_(value_name), thresholds_(thresholds) {
    for (const rules::Feature& feature : rule.when().features()) {
      if (feature.kind != rules::FeatureKind::kValue || feature.item != item) continue;
      factor_ = feature.factor;
      offset_ = feature.offset;
    }
  }

  void Look(const Expr& expr) {
    if (expr.kind == ExprKind::kCall && expr.args.size() == 2 && expr.target == nullptr) {
      const auto op = std::ranges::find(kOperators, expr.name, &Operator::name);
      if (op != kOperators.end()) {
        Take(*expr.args[0], *expr.args[1], op->comparison);
        Take(*expr.args[1], *expr.args[0], op->turned);
      }
    }
    if (expr.target != nullptr) Look(*expr.target);
    for (const auto& argument : expr.args) Look(*argument);
  }

 private:
  void Take(const Expr& value, const Expr& limit, Comparison comparison) {
    const auto constant = Constant(limit);
    if (!constant || rules::QualifiedName(value) != value_name_) return;
    const rules::RuleDefinition& definition = rule_.definition();
    thresholds_->push_back({.rule_id = definition.rule_id,
                            .rule_name = definition.title,
                            .comparison = comparison,
                            .value = (*constant - offset_) / factor_,
                            .severity = definition.severity});
  }

  const rules::Rule& rule_;
  const std::string& value_name_;
  std::vector<Threshold>* thresholds_;
  // The rule's unit = the item's unit * factor + offset.
  double factor_ = 1;
  double offset_ = 0;
};

}  // namespace

void AddThresholds(const rules::Rule& rule,
                   std::string_view item,
                   std::vector<Threshold>* thresholds) {
  const rules::Catalog& catalog = *rule.catalog();
  const rules::CatalogItem* found = catalog.FindByCode(item);
  if (found == nullptr || found->role != rules::CatalogItem::Role::kSeries) return;
  const std::string value_name = found->name + ".value";
  Finder(rule, value_name, catalog.IndexOf(*found), thresholds).Look(rule.when().expr());
}

}  // namespace vedette::monitor
