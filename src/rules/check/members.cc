// SPDX-License-Identifier: Apache-2.0
#include "rules/check/members.h"

#include <algorithm>
#include <string>

namespace vedette::rules {
namespace {

using enum TypeKind;
using Takes = MemberTakes;
using Gives = MemberGives;
using Needs = MemberNeeds;

// Members of one receiver stand together.
constexpr Member kMembers[] = {
    {kSeries, "value", Takes::kField, Gives::kValue},
    {kSeries, "time", Takes::kField, Gives::kTime},
    {kSeries, "uln", Takes::kField, Gives::kNumber, Needs::kNumbers},
    {kSeries, "lln", Takes::kField, Gives::kNumber, Needs::kNumbers},
    {kSeries, "xuln", Takes::kField, Gives::kPlainNumber, Needs::kNumbers},
    {kSeries, "xlln", Takes::kField, Gives::kPlainNumber, Needs::kNumbers},
    {kSeries, "baseline", Takes::kField, Gives::kValue},
    {kSeries, "change", Takes::kField, Gives::kNumber, Needs::kNumbers},
    {kSeries, "pct_change", Takes::kField, Gives::kPlainNumber, Needs::kNumbers},
    {kSeries, "grade_low", Takes::kField, Gives::kWholeNumber, Needs::kGradesLow},
    {kSeries, "grade_high", Takes::kField, Gives::kWholeNumber, Needs::kGradesHigh},
    {kSeries, "base_grade_low", Takes::kField, Gives::kWholeNumber, Needs::kGradesLow},
    {kSeries, "base_grade_high", Takes::kField, Gives::kWholeNumber, Needs::kGradesHigh},
    {kSeries, "prev", Takes::kField, Gives::kObservation},
    {kSeries, "prev", Takes::kCount, Gives::kObservation, Needs::kAnyItem, "prev(2)"},
    {kSeries, "last", Takes::kCount, Gives::kObservations, Needs::kAnyItem, "last(3)"},
    {kSeries, "asof", Takes::kWindow, Gives::kValue, Needs::kAnyItem, "asof(days(3))"},
    {kSeries, "before", Takes::kTimeAndWindow, Gives::kObservations, Needs::kAnyItem,
     "before(row.EXSTDTM, days(3))"},
    {kSeries, "window", Takes::kWindow, Gives::kWindow, Needs::kAnyItem, "window(days(14))"},
    {kSeries, "missed_in_a_row", Takes::kNothing, Gives::kWholeNumber, Needs::kSchedule},
    {kSeries, "in", Takes::kUnit, Gives::kSeries, Needs::kNumbers, "in(\"mg/dL\")"},
    {kWindow, "count", Takes::kNothing, Gives::kWholeNumber},
    {kWindow, "min", Takes::kNothing, Gives::kNumber, Needs::kNumbers},
    {kWindow, "max", Takes::kNothing, Gives::kNumber, Needs::kNumbers},
    {kWindow, "mean", Takes::kNothing, Gives::kNumber, Needs::kNumbers},
    {kWindow, "sd", Takes::kNothing, Gives::kNumber, Needs::kNumbers},
    {kWindow, "slope_per_day", Takes::kNothing, Gives::kNumberPerDay, Needs::kNumbers},
    {kWindow, "max_xuln", Takes::kNothing, Gives::kPlainNumber, Needs::kNumbers},
    {kWindow, "min_xuln", Takes::kNothing, Gives::kPlainNumber, Needs::kNumbers},
    {kObservation, "value", Takes::kField, Gives::kValue},
    {kObservation, "time", Takes::kField, Gives::kTime},
    {kObservation, "uln", Takes::kField, Gives::kNumber, Needs::kNumbers},
    {kObservation, "lln", Takes::kField, Gives::kNumber, Needs::kNumbers},
    {kObservation, "xuln", Takes::kField, Gives::kPlainNumber, Needs::kNumbers},
    {kObservation, "xlln", Takes::kField, Gives::kPlainNumber, Needs::kNumbers},
    {kForm, "size", Takes::kNothing, Gives::kWholeNumber},
    {kVisit, "due", Takes::kField, Gives::kTime},
    {kVisit, "window_start", Takes::kField, Gives::kTime},
    {kVisit, "window_end", Takes::kField, Gives::kTime},
    {kVisit, "done", Takes::kField, Gives::kTruth},
    {kVisit, "time", Takes::kField, Gives::kTime},
    {kVisit, "day", Takes::kField, Gives::kWholeNumber},
    {kKri, "z", Takes::kField, Gives::kPlainNumber},
    {kKri, "rate", Takes::kField, Gives::kPlainNumber},
    {kKri, "numerator", Takes::kField, Gives::kPlainNumber},
    {kKri, "denominator", Takes::kField, Gives::kPlainNumber},
};

struct OtherWord {
  std::string_view word;
  std::string_view name;
};

constexpr OtherWord kOtherWords[] = {
    {"avg", "mean"},
    {"average", "mean"},
    {"std", "sd"},
    {"stddev", "sd"},
    {"slope", "slope_per_day"},
    {"size", "count"},
    {"length", "count"},
    {"n", "count"},
    {"maximum", "max"},
    {"minimum", "min"},
    {"count", "size"},
    {"date", "time"},
    {"datetime", "time"},
    {"latest", "value"},
    {"result", "value"},
    {"previous", "prev"},
    {"base", "baseline"},
    {"bl", "baseline"},
    {"grade", "grade_high"},
    {"finished", "done"},
    {"completed", "done"},
    {"score", "z"},
};

}  // namespace

std::span<const Member> MembersOf(TypeKind receiver) {
  const auto* first = std::ranges::find(kMembers, receiver, &Member::receiver);
  const auto* last = std::find_if(
      first, std::end(kMembers), [&](const Member& member) { return member.receiver != receiver; });
  return {first, last};
}

const Member* FindMember(TypeKind receiver, std::string_view name, bool called) {
  for (const Member& member : MembersOf(receiver)) {
    if (member.name == name && (member.takes != Takes::kField) == called) return &member;
  }
  return nullptr;
}

const Member* FindByOtherWord(TypeKind receiver, std::string_view word) {
  for (const OtherWord& other : kOtherWords) {
    if (other.word != word) continue;
    const Member* field = FindMember(receiver, other.name, false);
    return field != nullptr ? field : FindMember(receiver, other.name, true);
  }
  return nullptr;
}

std::string ExampleOf(const Member& member) {
  if (!member.example.empty()) return std::string(member.example);
  return std::string(member.name) + (member.takes == Takes::kField ? "" : "()");
}

}  // namespace vedette::rules
