// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::rules {

enum class TypeKind : std::uint8_t {
  kError,  // what could not be typed; everything may be done with it, so one mistake is told once
  kDyn,
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,  // with unit
  kString,  // with codelist
  kBytes,
  kTimestamp,
  kDuration,
  kList,         // of parameters[0]
  kMap,          // from parameters[0] to parameters[1]
  kOptional,     // of parameters[0]
  kType,         // of parameters[0]
  kParameter,    // of an overload, named
  kSeries,       // lab.ALT; item
  kWindow,       // lab.ALT.window(d); item
  kObservation,  // an element of last(n), before(t, d); item
  kRow,          // of form `name`
  kForm,         // form.AE, named
  kVisit,        // visit.W4, or visit in a rule for each visit
  kSubject,
  kKri,
  kCodelist,   // codelist("X"), smq("X"), named
  kNamespace,  // lab, visit, form: only to be selected from
};

// A type of the checker; a value, compared by content.
struct Type {
  TypeKind kind = TypeKind::kDyn;
  // Of a number: the unit it is in, as the item's dictionary spells it. Empty: a plain number,
  // which may stand beside any unit only as a literal or as the result of a ratio.
  std::string unit;
  std::string name;        // of a form, codelist, parameter or namespace; else empty
  std::int32_t item = -1;  // index into Catalog::items
  std::vector<Type> parameters;

  static Type Of(TypeKind kind) { return {.kind = kind}; }
  static Type ListOf(Type element) {
    Type type{.kind = TypeKind::kList};
    type.parameters.push_back(std::move(element));
    return type;
  }
  bool operator==(const Type&) const = default;
};

// "number in mg/dL", "list of number", "series": as error texts say it.
std::string Describe(const Type& type);

}  // namespace vedette::rules
