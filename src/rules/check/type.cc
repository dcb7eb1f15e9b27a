// SPDX-License-Identifier: Apache-2.0
#include "rules/check/type.h"

#include <algorithm>

namespace vedette::rules {
namespace {

std::string Plural(const Type& type) {
  const std::string text = Describe(type);
  switch (type.kind) {
    case TypeKind::kDyn:
    case TypeKind::kParameter:
    case TypeKind::kError:
      return "anything";
    case TypeKind::kBool:
    case TypeKind::kNull:
    case TypeKind::kBytes:
    case TypeKind::kSeries:
      return text;
    default:
      break;
  }
  // "number in U/L" → "numbers in U/L", "list of numbers" → "lists of numbers".
  const std::size_t end = std::min(text.find(" in "), text.find(" of "));
  if (end == std::string::npos) return text + "s";
  return text.substr(0, end) + "s" + text.substr(end);
}

std::string OfFirst(std::string_view outer, const Type& type) {
  std::string text(outer);
  if (!type.parameters.empty() && Plural(type.parameters[0]) != "anything") {
    text += " of " + Plural(type.parameters[0]);
  }
  return text;
}

std::string WithUnit(std::string_view kind, const Type& type) {
  std::string text(kind);
  if (!type.unit.empty()) text += " in " + type.unit;
  return text;
}

}  // namespace

std::string Describe(const Type& type) {
  switch (type.kind) {
    case TypeKind::kError:
    case TypeKind::kDyn:
    case TypeKind::kParameter:
      return "anything";
    case TypeKind::kNull:
      return "null";
    case TypeKind::kBool:
      return "true/false";
    case TypeKind::kInt:
      return WithUnit("whole number", type);
    case TypeKind::kUint:
      return "unsigned whole number";
    case TypeKind::kDouble:
      return WithUnit("number", type);
    case TypeKind::kString:
      return "text";
    case TypeKind::kBytes:
      return "bytes";
    case TypeKind::kTimestamp:
      return "time";
    case TypeKind::kDuration:
      return "duration";
    case TypeKind::kList:
      return OfFirst("list", type);
    case TypeKind::kMap:
      return "map";
    case TypeKind::kOptional:
      return OfFirst("optional", type);
    case TypeKind::kType:
      return "type";
    case TypeKind::kSeries:
      return "series";
    case TypeKind::kWindow:
      return "window";
    case TypeKind::kObservation:
      return "observation";
    case TypeKind::kRow:
      return "row of " + type.name;
    case TypeKind::kForm:
      return "list of rows of " + type.name;
    case TypeKind::kVisit:
      return "visit";
    case TypeKind::kSubject:
      return "subject";
    case TypeKind::kKri:
      return "KRI";
    case TypeKind::kCodelist:
      return "code list " + type.name;
    case TypeKind::kNamespace:
      return "group of names";
  }
  return "anything";
}

}  // namespace vedette::rules
