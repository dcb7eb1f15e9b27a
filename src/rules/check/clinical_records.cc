// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "rules/check/clinical.h"

namespace vedette::rules {
namespace {

// Where the name stands: has() keeps only the place of itself.
Span NamePlace(const ClinicalContext& context, const Expr& expr) {
  return expr.kind == ExprKind::kHas ? context.report.PlaceOf(expr.name, expr) : expr.name_span;
}

}  // namespace

Named FieldOf(const ClinicalContext& context, const Expr& expr, const Type& target) {
  const Catalog& catalog = context.catalog;
  if (const CatalogItem* item = catalog.FindField(target.name, expr.name)) {
    return {ValueType(*item, item->unit), static_cast<std::int32_t>(catalog.IndexOf(*item))};
  }
  std::vector<std::string_view> fields;
  for (const CatalogItem& item : catalog.items) {
    if (item.role == CatalogItem::Role::kFormField && item.form == target.name) {
      fields.push_back(item.name);
    }
  }
  std::string suggestion = DidYouMean(expr.name, fields);
  if (suggestion.empty()) {
    const CatalogItem* elsewhere = catalog.FindByCode(expr.name);
    suggestion = elsewhere != nullptr && elsewhere->role == CatalogItem::Role::kFormField
                     ? "'" + expr.name + "' is a field of " + elsewhere->form
                     : target.name + " has " + ListOf(fields);
  }
  return {context.report.Error("unknown_field", NamePlace(context, expr),
                               "form " + target.name + " has no field '" + expr.name + "'",
                               std::move(suggestion))};
}

Named AttributeOf(const ClinicalContext& context, const Expr& expr) {
  const Catalog& catalog = context.catalog;
  if (const CatalogItem* item = catalog.FindAttribute(expr.name)) {
    return {ValueType(*item, item->unit), static_cast<std::int32_t>(catalog.IndexOf(*item))};
  }
  if (expr.name == "id" || expr.name == "site") return {Type::Of(TypeKind::kString)};
  if (expr.name == "on_treatment") return {Type::Of(TypeKind::kBool)};
  std::vector<std::string_view> names{"id", "site", "on_treatment"};
  for (const CatalogItem& item : catalog.items) {
    if (item.role == CatalogItem::Role::kAttribute) names.push_back(item.name);
  }
  std::string suggestion = DidYouMean(expr.name, names);
  if (suggestion.empty()) suggestion = "they have " + ListOf(names);
  return {context.report.Error("unknown_attribute", NamePlace(context, expr),
                               "subjects have no '" + expr.name + "'", std::move(suggestion))};
}

}  // namespace vedette::rules
