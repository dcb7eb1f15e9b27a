// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "model/unit_table.h"
#include "rules/check/clinical.h"
#include "rules/check/literal_duration.h"
#include "rules/scores/score_functions.h"

namespace vedette::rules {
namespace {

const std::string* TextLiteral(const Expr& expr) {
  if (expr.kind != ExprKind::kLiteral) return nullptr;
  return std::get_if<std::string>(&expr.value);
}

// The one argument that is a text written out; nullptr and a message otherwise.
const std::string* OnlyTextArgument(const ClinicalContext& context,
                                    const Expr& call,
                                    std::string_view example) {
  const std::string* text = call.args.size() == 1 ? TextLiteral(*call.args[0]) : nullptr;
  if (text == nullptr) {
    context.report.Error("wrong_arguments", call.span,
                         call.name + "() takes one name between quotes",
                         "write " + call.name + "(\"" + std::string(example) + "\")");
  }
  return text;
}

Type Duration(const ClinicalContext& context, const Expr& call) {
  Report& report = context.report;
  if (call.args.size() != 1) {
    return report.Error("wrong_arguments", call.span, call.name + "() takes one whole number",
                        "write " + call.name + "(14)");
  }
  const Expr& argument = *call.args[0];
  if (!LiteralInteger(argument)) {
    const bool fraction =
        argument.kind == ExprKind::kLiteral && std::holds_alternative<double>(argument.value);
    return report.Error(
        "duration_not_literal", argument.span,
        call.name + "() takes a whole number, such as " + call.name + "(14)",
        fraction ? "use a smaller unit: hours(12), minutes(30)" : "write the number itself");
  }
  if (!LiteralSeconds(call)) {
    return report.Error("duration_too_long", argument.span, "this length of time is too large");
  }
  return Type::Of(TypeKind::kDuration);
}

Type CodelistNamed(const ClinicalContext& context, const Expr& call) {
  const std::string* name = OnlyTextArgument(context, call, "STRONG_CYP3A4");
  if (name == nullptr) return Type::Of(TypeKind::kError);
  if (context.catalog.codelists.contains(*name)) {
    return {.kind = TypeKind::kCodelist, .name = *name};
  }
  std::vector<std::string_view> names;
  for (const auto& [list, terms] : context.catalog.codelists) names.push_back(list);
  std::string suggestion = DidYouMean(*name, names);
  if (suggestion.empty()) suggestion = "there are " + ListOf(names);
  return context.report.Error("unknown_codelist", call.args[0]->span,
                              "unknown code list '" + *name + "'", std::move(suggestion));
}

Type KriNamed(const ClinicalContext& context, const Expr& call) {
  const auto scope = context.options.scope;
  if (scope != EvaluationScope::kSite && scope != EvaluationScope::kStudy) {
    return context.report.Error("kri_outside_site_scope", call.span,
                                "KRIs are about sites, but the rule is about subjects",
                                "write scope: site");
  }
  const std::string* id = OnlyTextArgument(context, call, "AE_RATE");
  if (id == nullptr) return Type::Of(TypeKind::kError);
  if (context.catalog.FindKri(*id) != nullptr) return {.kind = TypeKind::kKri, .name = *id};
  std::vector<std::string_view> ids;
  for (const CatalogKri& kri : context.catalog.kris) ids.push_back(kri.id);
  std::string suggestion = DidYouMean(*id, ids);
  if (suggestion.empty() && !ids.empty()) suggestion = "there are " + ListOf(ids);
  return context.report.Error("unknown_kri", call.args[0]->span, "unknown KRI '" + *id + "'",
                              std::move(suggestion));
}

bool IsKnownUnit(const Catalog& catalog, std::string_view unit) {
  return !UcumCode(unit).empty() ||
         std::ranges::find(catalog.items, unit, &CatalogItem::unit) != catalog.items.end();
}

Type UnknownUnit(const ClinicalContext& context, const Expr& literal, const std::string& unit) {
  std::vector<std::string_view> units;
  for (const CatalogItem& item : context.catalog.items) {
    if (!item.unit.empty() && std::ranges::find(units, item.unit) == units.end()) {
      units.push_back(item.unit);
    }
  }
  std::string suggestion = DidYouMean(unit, units);
  if (suggestion.empty()) suggestion = "the study's units are " + ListOf(units);
  return context.report.Error("unknown_unit", literal.span, "unknown unit '" + unit + "'",
                              std::move(suggestion));
}

Type Quantity(const ClinicalContext& context,
              const Expr& call,
              std::span<const Operand> arguments) {
  const std::string* unit = call.args.size() == 2 ? TextLiteral(*call.args[1]) : nullptr;
  if (unit == nullptr || unit->empty()) {
    return context.report.Error("wrong_arguments", call.span,
                                "quantity() takes a number and a unit between quotes",
                                "write quantity(26.5, \"umol/L\")");
  }
  const Type& number = arguments[0].type;
  if (number.kind == TypeKind::kError) return number;
  if (!IsNumber(number) && number.kind != TypeKind::kDyn) {
    return context.report.Error("wrong_type", call.args[0]->span,
                                "quantity() takes a number, not " + WithArticle(number),
                                "write quantity(26.5, \"" + *unit + "\")");
  }
  if (!number.unit.empty()) {
    return context.report.Error(
        "unit_mismatch", call.args[0]->span,
        context.report.Quoted(*call.args[0]) + " has a unit already: " + number.unit,
        "to convert a series write .in(\"" + *unit + "\")");
  }
  if (!IsKnownUnit(context.catalog, *unit)) return UnknownUnit(context, *call.args[1], *unit);
  return {.kind = TypeKind::kDouble, .unit = *unit};
}

Type Score(const ClinicalContext& context,
           const Expr& call,
           const ScoreFunction& score,
           std::span<const Operand> arguments) {
  Report& report = context.report;
  const std::string usage = "it is " + std::string(score.signature);
  if (arguments.size() != score.arity) {
    return report.Error("wrong_arguments", call.span,
                        call.name + "() takes " + std::to_string(score.arity) +
                            " argument(s), not " + std::to_string(arguments.size()),
                        usage);
  }
  bool sound = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Type& type = arguments[i].type;
    const Expr& argument = *call.args[i];
    if (type.kind == TypeKind::kError || type.kind == TypeKind::kDyn) continue;
    if (!IsNumber(type)) {
      report.Error(
          "wrong_type", argument.span,
          call.name + "() takes numbers; " + report.Quoted(argument) + " is " + WithArticle(type),
          usage);
      sound = false;
      continue;
    }
    const std::string_view unit = score.units[i];
    const bool literal = type.unit.empty() && arguments[i].constant;
    if (unit == "any" || literal || SameUnit(type.unit, unit)) continue;
    report.Error("unit_mismatch", argument.span,
                 report.Quoted(argument) +
                     (type.unit.empty() ? " has no unit" : " is in " + type.unit) + ", " +
                     call.name + "() takes it " +
                     (unit.empty() ? "without unit" : "in " + std::string(unit)),
                 usage);
    sound = false;
  }
  if (!sound) return Type::Of(TypeKind::kError);
  return {.kind = TypeKind::kDouble, .unit = std::string(score.result_unit)};
}

}  // namespace

std::optional<Type> CallFunction(const ClinicalContext& context,
                                 const Expr& call,
                                 std::span<const Operand> arguments) {
  if (SecondsInUnit(call.name)) return Duration(context, call);
  if (call.name == "codelist" || call.name == "smq") return CodelistNamed(context, call);
  if (call.name == "kri") return KriNamed(context, call);
  if (call.name == "quantity") return Quantity(context, call, arguments);
  if (const ScoreFunction* score = FindScoreFunction(call.name)) {
    return Score(context, call, *score, arguments);
  }
  return std::nullopt;
}

}  // namespace vedette::rules
