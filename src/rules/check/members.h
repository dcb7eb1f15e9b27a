// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rules/check/type.h"

namespace vedette::rules {

// What stands between the parentheses of a member of the clinical library.
enum class MemberTakes : std::uint8_t {
  kField,          // no parentheses
  kNothing,        // ()
  kWindow,         // (days(14))
  kCount,          // (2)
  kTimeAndWindow,  // (row.EXSTDTM, days(3))
  kUnit,           // ("umol/L")
};

// What a member is, or answers. "Value" and "number" carry the item's unit.
enum class MemberGives : std::uint8_t {
  kValue,  // of the item's kind
  kNumber,
  kPlainNumber,
  kNumberPerDay,
  kWholeNumber,
  kTruth,
  kTime,
  kObservation,
  kObservations,  // a list
  kWindow,
  kSeries,
};

enum class MemberNeeds : std::uint8_t {
  kAnyItem,
  kNumbers,    // the item's values are numbers
  kGradesLow,  // the score library has criteria for it
  kGradesHigh,
  kSchedule,  // entries are planned
};

// One member of a receiver: the words of the language over clinical time. What each means is in
// src/rules/README.md, "Features".
struct Member {
  TypeKind receiver;
  std::string_view name;
  MemberTakes takes;
  MemberGives gives;
  MemberNeeds needs = MemberNeeds::kAnyItem;
  std::string_view example = {};  // how it is written, after the point; empty: name, or name()
};

// Of one kind of receiver; empty for kinds that have none.
std::span<const Member> MembersOf(TypeKind receiver);

// The member of that name: the one without parentheses when `called` is false, else the one with.
const Member* FindMember(TypeKind receiver, std::string_view name, bool called);

// The member that people call by another word: "avg", "length", "date"; nullptr when there is none.
const Member* FindByOtherWord(TypeKind receiver, std::string_view word);

// "window(days(14))".
std::string ExampleOf(const Member& member);

}  // namespace vedette::rules
