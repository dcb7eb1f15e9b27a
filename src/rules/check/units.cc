// SPDX-License-Identifier: Apache-2.0
#include "rules/check/units.h"

#include "model/unit_table.h"

namespace vedette::rules {
namespace {

std::string InUnit(const Operand& operand, const Report& report) {
  if (operand.type.unit.empty()) return report.Quoted(operand.expr) + " has no unit";
  return report.Quoted(operand.expr) + " is in " + operand.type.unit;
}

// "lab.CREAT" of lab.CREAT.window(days(7)).min(): the series the number was read from.
const Expr* SeriesOf(const Expr& expr, std::size_t depth = 0) {
  if (depth > 6 || expr.target == nullptr) return nullptr;
  if (expr.target->kind == ExprKind::kSelect && expr.target->target != nullptr &&
      expr.target->target->kind == ExprKind::kIdent) {
    return expr.target.get();
  }
  return SeriesOf(*expr.target, depth + 1);
}

// "write lab.CREAT.in("mg/dL").value", when the item of `operand` converts to the other's unit.
std::string SuggestConversion(const Operand& operand,
                              std::string_view unit,
                              const Catalog& catalog,
                              const Report& report) {
  const Expr* series = SeriesOf(operand.expr);
  if (series == nullptr || unit.empty()) return {};
  const std::string name = report.Text(*series);
  const CatalogItem* item = catalog.FindSeries(name);
  if (item == nullptr || !ConvertItemUnit(*item, operand.type.unit, unit)) return {};
  std::string rest = report.Text(operand.expr);
  if (!rest.starts_with(name)) return {};
  return "write " + name + ".in(\"" + std::string(unit) + "\")" + rest.substr(name.size());
}

std::string SuggestUnit(const Operand& left,
                        const Operand& right,
                        const Catalog& catalog,
                        const Report& report) {
  std::string suggestion = SuggestConversion(left, right.type.unit, catalog, report);
  if (suggestion.empty()) suggestion = SuggestConversion(right, left.type.unit, catalog, report);
  if (!suggestion.empty()) return suggestion;
  const Operand& plain = left.type.unit.empty() ? left : right;
  const Operand& other = left.type.unit.empty() ? right : left;
  if (plain.type.unit.empty()) {
    return "if it is meant in " + other.type.unit + ", write " + report.Text(plain.expr) +
           " * quantity(1.0, \"" + other.type.unit + "\")";
  }
  return "these units do not convert; to compare with limits use .xuln";
}

Type NumberOf(const Operand& left, const Operand& right, std::string unit) {
  const bool whole = left.type.kind == TypeKind::kInt && right.type.kind == TypeKind::kInt;
  return {.kind = whole ? TypeKind::kInt : TypeKind::kDouble, .unit = std::move(unit)};
}

Type Product(const Expr& call, const Operand& left, const Operand& right, Report* report) {
  if (!left.type.unit.empty() && !right.type.unit.empty()) {
    return report->Error("unit_product", call.span,
                         InUnit(left, *report) + " and " + InUnit(right, *report) +
                             "; their product has no unit that rules know",
                         "divide one of them by quantity(1.0, \"" + right.type.unit + "\") first");
  }
  return NumberOf(left, right, left.type.unit.empty() ? right.type.unit : left.type.unit);
}

Type Quotient(const Expr& call,
              const Operand& left,
              const Operand& right,
              const Catalog& catalog,
              Report* report) {
  if (right.type.unit.empty()) return NumberOf(left, right, left.type.unit);
  if (SameUnit(left.type.unit, right.type.unit)) return NumberOf(left, right, {});
  std::string suggestion = SuggestConversion(left, right.type.unit, catalog, *report);
  if (suggestion.empty()) {
    suggestion = SuggestConversion(right, left.type.unit, catalog, *report);
  }
  if (suggestion.empty()) {
    suggestion = "divide " + report->Quoted(right.expr) + " by quantity(1.0, \"" + right.type.unit +
                 "\") first if a plain number is meant";
  }
  return report->Error("unit_mismatch", call.span,
                       InUnit(left, *report) + ", " + InUnit(right, *report),
                       std::move(suggestion));
}

}  // namespace

bool IsNumber(const Type& type) {
  return type.kind == TypeKind::kInt || type.kind == TypeKind::kUint ||
         type.kind == TypeKind::kDouble;
}

bool SameUnit(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const std::string_view code = UcumCode(a);
  return !code.empty() && code == UcumCode(b);
}

std::optional<UnitConversion> ConvertItemUnit(const CatalogItem& item,
                                              std::string_view from,
                                              std::string_view to) {
  if (from == to) return UnitConversion{.unit = std::string(to)};
  return ConvertUnit(item.grading.empty() ? item.code : item.grading, from, to);
}

bool CheckSameUnit(
    Span place, const Operand& left, const Operand& right, const Catalog& catalog, Report* report) {
  if (SameUnit(left.type.unit, right.type.unit)) return true;
  if (left.type.unit.empty() && left.constant) return true;
  if (right.type.unit.empty() && right.constant) return true;
  report->Error("unit_mismatch", place, InUnit(left, *report) + ", " + InUnit(right, *report),
                SuggestUnit(left, right, catalog, *report));
  return false;
}

Type NumberArithmetic(const Expr& call,
                      const Operand& left,
                      const Operand& right,
                      const Catalog& catalog,
                      Report* report) {
  if (call.name == "_*_") return Product(call, left, right, report);
  if (call.name == "_/_") return Quotient(call, left, right, catalog, report);
  if (!CheckSameUnit(call.span, left, right, catalog, report)) {
    return Type::Of(TypeKind::kError);
  }
  return NumberOf(left, right, left.type.unit.empty() ? right.type.unit : left.type.unit);
}

}  // namespace vedette::rules
