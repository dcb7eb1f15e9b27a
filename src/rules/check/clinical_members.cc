// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "rules/check/clinical.h"
#include "rules/check/literal_duration.h"
#include "rules/scores/grading.h"

namespace vedette::rules {
namespace {

const CatalogItem& ItemOf(const ClinicalContext& context, const Type& type) {
  return context.catalog.items[static_cast<std::size_t>(type.item)];
}

bool HasItem(const Type& type) {
  return type.kind == TypeKind::kSeries || type.kind == TypeKind::kWindow ||
         type.kind == TypeKind::kObservation;
}

std::string_view KindWord(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNumber:
      return "numbers";
    case ValueKind::kText:
      return "texts";
    case ValueKind::kTime:
      return "times";
    case ValueKind::kBoolean:
      return "yes or no";
  }
  return "values";
}

bool IsGraded(const ClinicalContext& context, const CatalogItem& item, GradeDirection direction) {
  return !item.grading.empty() && FindGradeCriteria(context.catalog.grading_version, direction,
                                                    item.grading, item.unit) != nullptr;
}

// Whether the item can answer this member. Tells why not.
bool MeetsNeeds(const ClinicalContext& context,
                const Expr& expr,
                const Member& member,
                const CatalogItem& item) {
  if (member.needs == MemberNeeds::kAnyItem) return true;
  if (member.needs == MemberNeeds::kSchedule) {
    if (item.expected_every > 0) return true;
    context.report.Error("not_planned", expr.name_span,
                         item.name + " has no planned schedule, so no entry of it can be missed",
                         "compare its age: now - " + item.name + ".time > days(3)");
    return false;
  }
  if (item.kind != ValueKind::kNumber) {
    context.report.Error("not_a_number", expr.name_span,
                         "'" + std::string(member.name) + "' needs numbers; " + item.name +
                             " holds " + std::string(KindWord(item.kind)),
                         "use .value, .time, .last(n) or .window(w).count()");
    return false;
  }
  if (member.needs == MemberNeeds::kNumbers) return true;
  const bool low = member.needs == MemberNeeds::kGradesLow;
  if (IsGraded(context, item, low ? GradeDirection::kLow : GradeDirection::kHigh)) return true;
  std::string suggestion = "compare the value, or its ratio to the limit: " + item.name + ".xuln";
  if (IsGraded(context, item, low ? GradeDirection::kHigh : GradeDirection::kLow)) {
    suggestion = low ? "only high values are graded: use grade_high"
                     : "only low values are graded: use grade_low";
  }
  context.report.Error("not_graded", expr.name_span,
                       context.catalog.grading_version + " grades no " + (low ? "low" : "high") +
                           " values of " + item.name,
                       std::move(suggestion));
  return false;
}

Type Result(const ClinicalContext& context, const Member& member, const Type& target) {
  auto of_item = [&](TypeKind kind) {
    return Type{.kind = kind, .unit = target.unit, .item = target.item};
  };
  switch (member.gives) {
    case MemberGives::kValue:
      return ValueType(ItemOf(context, target), target.unit);
    case MemberGives::kNumber:
      return {.kind = TypeKind::kDouble, .unit = target.unit};
    case MemberGives::kPlainNumber:
      return Type::Of(TypeKind::kDouble);
    case MemberGives::kNumberPerDay:
      return {.kind = TypeKind::kDouble, .unit = target.unit + "/d"};
    case MemberGives::kWholeNumber:
      return Type::Of(TypeKind::kInt);
    case MemberGives::kTruth:
      return Type::Of(TypeKind::kBool);
    case MemberGives::kTime:
      return Type::Of(TypeKind::kTimestamp);
    case MemberGives::kObservation:
      return of_item(TypeKind::kObservation);
    case MemberGives::kObservations:
      return Type::ListOf(of_item(TypeKind::kObservation));
    case MemberGives::kWindow:
      return of_item(TypeKind::kWindow);
    case MemberGives::kSeries:
      return of_item(TypeKind::kSeries);
  }
  return Type::Of(TypeKind::kError);
}

// What a data manager calls the receiver: "lab.ALT", "a window".
std::string ReceiverWord(const ClinicalContext& context, const Type& target) {
  if (target.kind == TypeKind::kSeries) return ItemOf(context, target).name;
  if (target.kind == TypeKind::kForm) return "form." + target.name;
  return WithArticle(target);
}

Type UnknownMember(const ClinicalContext& context, const Expr& expr, const Type& target) {
  Report& report = context.report;
  const std::string& name = expr.name;
  const bool called = expr.kind == ExprKind::kCall;
  const std::string receiver = report.Text(*expr.target);
  if (const Member* other = FindMember(target.kind, name, !called)) {
    if (called) {
      return report.Error("not_called", expr.name_span,
                          "'" + name + "' is written without parentheses",
                          "write " + receiver + "." + name);
    }
    if (target.kind == TypeKind::kSeries && other->takes == MemberTakes::kWindow) {
      return report.Error("unbounded_window", expr.name_span,
                          "'" + name + "' needs the length of time it looks back",
                          "write " + receiver + "." + ExampleOf(*other));
    }
    return report.Error("missing_parentheses", expr.name_span,
                        "'" + name + "' is written with parentheses",
                        "write " + receiver + "." + ExampleOf(*other));
  }
  if (target.kind == TypeKind::kSeries && FindMember(TypeKind::kWindow, name, true) != nullptr) {
    return report.Error("unbounded_window", expr.name_span,
                        "'" + name + "' needs the length of time it looks over",
                        "write " + receiver + ".window(days(14))." + name + "()");
  }
  if (target.kind == TypeKind::kWindow && FindMember(TypeKind::kSeries, name, false) != nullptr) {
    return report.Error("unknown_member", expr.name_span,
                        "a window holds many observations, so it has no '" + name + "'",
                        "use .min(), .max(), .mean() or .exists(o, o." + name + " …)");
  }
  std::vector<std::string_view> names;
  for (const Member& member : MembersOf(target.kind)) {
    if (std::ranges::find(names, member.name) == names.end()) names.push_back(member.name);
  }
  std::string suggestion = DidYouMean(name, names);
  if (const Member* meant = FindByOtherWord(target.kind, name)) {
    suggestion = "write " + receiver + "." + ExampleOf(*meant);
  }
  if (suggestion.empty() && !names.empty()) suggestion = "it has " + ListOf(names);
  return report.Error("unknown_member", expr.name_span,
                      ReceiverWord(context, target) + " has no '" + name + "'",
                      std::move(suggestion));
}

bool CheckUnitArgument(const ClinicalContext& context,
                       const Expr& call,
                       const Type& target,
                       Type* result) {
  const auto* unit = std::get_if<std::string>(&call.args[0]->value);
  if (call.args[0]->kind != ExprKind::kLiteral || unit == nullptr) {
    context.report.Error("unit_not_literal", call.args[0]->span,
                         "the unit must be written out, between quotes",
                         "write " + context.report.Text(*call.target) + ".in(\"mg/dL\")");
    return false;
  }
  const CatalogItem& item = ItemOf(context, target);
  if (!ConvertItemUnit(item, item.unit, *unit)) {
    context.report.Error("unit_not_convertible", call.args[0]->span,
                         item.name + " is in " + (item.unit.empty() ? "no unit" : item.unit) +
                             ", which does not convert to '" + *unit + "'",
                         item.unit.empty() ? "" : "compare it in " + item.unit);
    return false;
  }
  result->unit = *unit;
  return true;
}

bool CheckArguments(const ClinicalContext& context,
                    const Expr& call,
                    const Member& member,
                    std::span<const Type> arguments,
                    const Type& target,
                    Type* result) {
  Report& report = context.report;
  switch (member.takes) {
    case MemberTakes::kField:
    case MemberTakes::kNothing:
      return true;
    case MemberTakes::kWindow:
      return CheckWindowLength(*call.args[0], arguments[0], call, &report);
    case MemberTakes::kCount:
      return CheckObservationCount(*call.args[0], call, &report);
    case MemberTakes::kTimeAndWindow:
      if (arguments[0].kind != TypeKind::kTimestamp && arguments[0].kind != TypeKind::kError &&
          arguments[0].kind != TypeKind::kDyn) {
        report.Error("wrong_type", call.args[0]->span,
                     "before() takes a time first, not " + WithArticle(arguments[0]),
                     "write " + report.Text(*call.target) + ".before(row.EXSTDTM, days(3))");
        return false;
      }
      return CheckWindowLength(*call.args[1], arguments[1], call, &report);
    case MemberTakes::kUnit:
      return CheckUnitArgument(context, call, target, result);
  }
  return false;
}

std::size_t ArgumentCount(MemberTakes takes) {
  switch (takes) {
    case MemberTakes::kField:
    case MemberTakes::kNothing:
      return 0;
    case MemberTakes::kTimeAndWindow:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

bool IsClinical(TypeKind kind) {
  switch (kind) {
    case TypeKind::kSeries:
    case TypeKind::kWindow:
    case TypeKind::kObservation:
    case TypeKind::kRow:
    case TypeKind::kForm:
    case TypeKind::kVisit:
    case TypeKind::kSubject:
    case TypeKind::kKri:
    case TypeKind::kCodelist:
    case TypeKind::kNamespace:
      return true;
    default:
      return false;
  }
}

Named SelectMember(const ClinicalContext& context, const Expr& select, const Type& target) {
  if (target.kind == TypeKind::kNamespace) return SelectFromNamespace(context, select, target);
  if (target.kind == TypeKind::kSubject) return AttributeOf(context, select);
  if (target.kind == TypeKind::kRow || target.kind == TypeKind::kForm) {
    return FieldOf(context, select, target);
  }
  if (target.kind == TypeKind::kVisit && target.name.empty() &&
      context.catalog.FindVisit(select.name) != nullptr) {
    return {Type{.kind = TypeKind::kVisit, .name = select.name}};
  }
  const Member* member = FindMember(target.kind, select.name, false);
  if (member == nullptr) return {UnknownMember(context, select, target)};
  if (HasItem(target) && !MeetsNeeds(context, select, *member, ItemOf(context, target))) {
    return {Type::Of(TypeKind::kError)};
  }
  return {Result(context, *member, target)};
}

Named HasMember(const ClinicalContext& context, const Expr& has, const Type& target) {
  if (target.kind == TypeKind::kNamespace) {
    return {context.report.Error("wrong_type", has.span, "has() asks whether a field has a value",
                                 "write has(row.AEENDT) or has(lab.ALT.value)")};
  }
  Named named = SelectMember(context, has, target);
  if (named.type.kind != TypeKind::kError) named.type = Type::Of(TypeKind::kBool);
  return named;
}

Type CallMember(const ClinicalContext& context,
                const Expr& call,
                const Type& target,
                std::span<const Type> arguments) {
  const Member* member = FindMember(target.kind, call.name, true);
  if (member == nullptr) {
    if (target.kind == TypeKind::kNamespace) {
      return SelectFromNamespace(context, call, target).type;
    }
    return UnknownMember(context, call, target);
  }
  if (arguments.size() != ArgumentCount(member->takes)) {
    const bool no_length = member->takes == MemberTakes::kWindow && arguments.empty();
    return context.report.Error(
        no_length ? "unbounded_window" : "wrong_arguments", call.name_span,
        no_length ? "'" + call.name + "' needs the length of time it looks back"
                  : "'" + call.name + "' takes " + std::to_string(ArgumentCount(member->takes)) +
                        " argument(s), not " + std::to_string(arguments.size()),
        "write " + context.report.Text(*call.target) + "." + ExampleOf(*member));
  }
  Type result = Result(context, *member, target);
  bool sound = !HasItem(target) || MeetsNeeds(context, call, *member, ItemOf(context, target));
  sound = CheckArguments(context, call, *member, arguments, target, &result) && sound;
  return sound ? result : Type::Of(TypeKind::kError);
}

}  // namespace vedette::rules
