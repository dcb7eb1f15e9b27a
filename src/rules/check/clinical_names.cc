// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/suggest.h"
#include "rules/check/clinical.h"

namespace vedette::rules {
namespace {

std::string_view LastPart(std::string_view name) { return name.substr(name.rfind('.') + 1); }

bool IsNamespace(const Catalog& catalog, std::string_view name) {
  return std::ranges::any_of(catalog.items, [&](const CatalogItem& item) {
    return item.role == CatalogItem::Role::kSeries && item.name.size() > name.size() &&
           item.name.starts_with(name) && item.name[name.size()] == '.';
  });
}

std::vector<std::string_view> Namespaces(const Catalog& catalog) {
  std::set<std::string_view> names;
  for (const CatalogItem& item : catalog.items) {
    if (item.role == CatalogItem::Role::kSeries) {
      names.insert(std::string_view(item.name).substr(0, item.name.find('.')));
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string_view> LastPartsIn(const Catalog& catalog, std::string_view group) {
  std::vector<std::string_view> parts;
  for (const CatalogItem& item : catalog.items) {
    if (item.role != CatalogItem::Role::kSeries) continue;
    if (!group.empty() && (!item.name.starts_with(group) || item.name[group.size()] != '.')) {
      continue;
    }
    parts.push_back(LastPart(item.name));
  }
  return parts;
}

// The full name of the series whose last part is `part`, in `group` when that is given.
std::string_view SeriesEndingIn(const Catalog& catalog,
                                std::string_view part,
                                std::string_view group) {
  for (const CatalogItem& item : catalog.items) {
    if (item.role == CatalogItem::Role::kSeries && LastPart(item.name) == part &&
        item.name.starts_with(group)) {
      return item.name;
    }
  }
  return {};
}

// The series that the author of "lab.ATL", "lab.SYSBP" or "lab.Creatinine" may mean; empty when
// none is near.
std::string_view NearestSeries(const Catalog& catalog,
                               std::string_view group,
                               std::string_view part) {
  if (const auto same = SeriesEndingIn(catalog, part, ""); !same.empty()) return same;
  const auto in_group = LastPartsIn(catalog, group);
  if (const auto near = Suggest(part, in_group); !near.empty()) {
    return SeriesEndingIn(catalog, near, group);
  }
  if (const CatalogItem* item = catalog.FindByCode(part);
      item != nullptr && item->role == CatalogItem::Role::kSeries) {
    return item->name;
  }
  for (const CatalogItem& item : catalog.items) {
    const std::string_view label = item.label;
    if (item.role == CatalogItem::Role::kSeries && !Suggest(part, {&label, 1}).empty()) {
      return item.name;
    }
  }
  const auto anywhere = LastPartsIn(catalog, "");
  const auto near = part.size() < 3 ? std::string_view{} : Suggest(part, anywhere);
  return near.empty() ? near : SeriesEndingIn(catalog, near, "");
}

std::string MeantSeries(const Catalog& catalog, std::string_view group, std::string_view part) {
  const std::string_view nearest = NearestSeries(catalog, group, part);
  if (nearest.empty()) return {};
  return "did you mean '" + std::string(nearest) + "'?";
}

// "lab.ALT" of "ALT", "subject.sex" of "sex": a known name whose group was left out.
std::string NameWithGroup(const Catalog& catalog, std::string_view part) {
  if (const auto series = SeriesEndingIn(catalog, part, ""); !series.empty()) {
    return std::string(series);
  }
  if (catalog.FindAttribute(part) != nullptr) return "subject." + std::string(part);
  if (catalog.FindForm(part) != nullptr) return "form." + std::string(part);
  if (catalog.FindVisit(part) != nullptr) return "visit." + std::string(part);
  return {};
}

// What to write for Y without quotes, or ULN without its series; empty for any other word.
std::string WordLeftAlone(const Catalog& catalog, std::string_view name) {
  for (const auto& [list, terms] : catalog.codelists) {
    if (std::ranges::find(terms, name) != terms.end()) {
      return "a text is written between quotes: \"" + std::string(name) + "\"";
    }
  }
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (FindMember(TypeKind::kSeries, lower, false) == nullptr) return {};
  return "name the series it is of: lab.ALT." + lower;
}

Type OneOfGroup(const ClinicalContext& context,
                const Expr& select,
                std::string_view code,
                std::string_view what,
                const std::vector<std::string_view>& names) {
  // Of short names almost any two are near: all of them help more than a guess.
  std::string suggestion;
  if (select.name.size() > 3) suggestion = DidYouMean(select.name, names);
  if (suggestion.empty() && !names.empty()) suggestion = "there are " + ListOf(names);
  return context.report.Error(code, select.span,
                              "unknown " + std::string(what) + " '" + select.name + "'",
                              std::move(suggestion));
}

template <class List, class Member>
std::vector<std::string_view> NamesOf(const List& list, Member member) {
  std::vector<std::string_view> names;
  for (const auto& entry : list) names.push_back(entry.*member);
  return names;
}

// Data of one subject are not there in a rule about a site or the study.
bool SeesSubject(EvaluationScope scope) {
  return scope != EvaluationScope::kSite && scope != EvaluationScope::kStudy;
}

Type NoSubject(const ClinicalContext& context, const Expr& expr, std::string_view name) {
  return context.report.Error(
      "no_subject_in_scope", expr.span,
      "'" + std::string(name) + "' is about one subject, but the rule is about " +
          (context.options.scope == EvaluationScope::kSite ? "a site" : "the study"),
      "use kri(…), or write scope: subject");
}

Named RowRoot(const ClinicalContext& context, const Expr& identifier) {
  if (context.options.scope == EvaluationScope::kRow) {
    return {Type{.kind = TypeKind::kRow, .name = context.options.each_form}};
  }
  return {context.report.Error("row_outside_row_scope", identifier.span,
                               "'row' is only there in a rule for each row of a form",
                               "write scope: row and each: form.AE, or form.AE.exists(r, …)")};
}

}  // namespace

Type ValueType(const CatalogItem& item, std::string_view unit) {
  switch (item.kind) {
    case ValueKind::kNumber:
      return {.kind = TypeKind::kDouble, .unit = std::string(unit)};
    case ValueKind::kText:
      return {.kind = TypeKind::kString, .name = item.codelist};
    case ValueKind::kTime:
      return Type::Of(TypeKind::kTimestamp);
    case ValueKind::kBoolean:
      return Type::Of(TypeKind::kBool);
  }
  return Type::Of(TypeKind::kError);
}

std::optional<Named> FindSeries(const ClinicalContext& context,
                                const Expr& expr,
                                std::string_view name) {
  const CatalogItem* item = context.catalog.FindSeries(name);
  if (item == nullptr) return std::nullopt;
  const auto index = static_cast<std::int32_t>(context.catalog.IndexOf(*item));
  if (!SeesSubject(context.options.scope)) return Named{NoSubject(context, expr, name), index};
  Type type{.kind = TypeKind::kSeries, .unit = item->unit, .item = index};
  if (const auto unit = context.options.units.find(name); unit != context.options.units.end()) {
    if (item->kind != ValueKind::kNumber || !ConvertItemUnit(*item, item->unit, unit->second)) {
      return Named{context.report.Error("unit_not_convertible", expr.span,
                                        "the rule states '" + unit->second + "' for " +
                                            std::string(name) + ", which does not convert from " +
                                            (item->unit.empty() ? "no unit" : item->unit),
                                        "correct the rule's units"),
                   index};
    }
    type.unit = unit->second;
  }
  return Named{std::move(type), index};
}

Named FindRoot(const ClinicalContext& context, const Expr& identifier) {
  const std::string_view name = identifier.name;
  const bool group =
      name == "form" || name == "subject" || name == "visit" || IsNamespace(context.catalog, name);
  if (group && !SeesSubject(context.options.scope)) {
    return {NoSubject(context, identifier, name)};
  }
  if (name == "now") return {Type::Of(TypeKind::kTimestamp)};
  if (name == "row") return RowRoot(context, identifier);
  if (name == "subject") return {Type::Of(TypeKind::kSubject)};
  if (name == "visit" && context.options.scope == EvaluationScope::kVisit) {
    return {Type::Of(TypeKind::kVisit)};
  }
  if (group) return {Type{.kind = TypeKind::kNamespace, .name = std::string(name)}};
  return {UnknownRoot(context, identifier, name)};
}

bool IsRootName(const ClinicalContext& context, std::string_view name) {
  return name == "now" || name == "row" || name == "subject" || name == "visit" || name == "form" ||
         IsNamespace(context.catalog, name);
}

Type UnknownRoot(const ClinicalContext& context, const Expr& expr, std::string_view name) {
  const Catalog& catalog = context.catalog;
  const std::string_view first = name.substr(0, name.find('.'));
  if (const std::string whole = NameWithGroup(catalog, first); !whole.empty()) {
    const Span span{expr.span.begin, expr.span.begin + static_cast<std::uint32_t>(first.size())};
    return context.report.Error("unknown_name", span, "unknown name '" + std::string(first) + "'",
                                "did you mean '" + whole + "'?");
  }
  std::string suggestion = WordLeftAlone(catalog, name);
  if (suggestion.empty()) suggestion = MeantSeries(catalog, "", LastPart(name));
  std::vector<std::string_view> groups = Namespaces(catalog);
  groups.insert(groups.end(), {"form", "now", "row", "subject", "visit"});
  if (suggestion.empty()) suggestion = DidYouMean(first, groups);
  if (suggestion.empty())
    suggestion =
        "names begin with " + ListOf(Namespaces(catalog)) + ", subject, form, visit or row";
  return context.report.Error("unknown_name", expr.span, "unknown name '" + std::string(name) + "'",
                              std::move(suggestion));
}

Named SelectFromNamespace(const ClinicalContext& context, const Expr& select, const Type& group) {
  const Catalog& catalog = context.catalog;
  if (group.name == "form") {
    if (catalog.FindForm(select.name) == nullptr) {
      return {OneOfGroup(context, select, "unknown_form", "form",
                         NamesOf(catalog.forms, &CatalogForm::name))};
    }
    return {Type{.kind = TypeKind::kForm, .name = select.name}};
  }
  if (group.name == "visit") {
    if (catalog.FindVisit(select.name) != nullptr) {
      return {Type{.kind = TypeKind::kVisit, .name = select.name}};
    }
    if (FindMember(TypeKind::kVisit, select.name, false) != nullptr) {
      const std::string first = catalog.visits.empty() ? "W4" : catalog.visits.front().code;
      return {context.report.Error(
          "visit_outside_visit_scope", select.span,
          "'visit' without a name is only there in a rule for each visit",
          "name one, as in visit." + first + "." + select.name + ", or write scope: visit")};
    }
    return {OneOfGroup(context, select, "unknown_visit", "visit",
                       NamesOf(catalog.visits, &CatalogVisit::code))};
  }
  const std::string name = group.name + "." + select.name;
  if (IsNamespace(catalog, name)) return {Type{.kind = TypeKind::kNamespace, .name = name}};
  std::string suggestion = MeantSeries(catalog, group.name, select.name);
  if (suggestion.empty()) {
    suggestion = group.name + " has " + ListOf(LastPartsIn(catalog, group.name));
  }
  return {context.report.Error("unknown_item", select.span, "unknown item '" + name + "'",
                               std::move(suggestion))};
}

}  // namespace vedette::rules
