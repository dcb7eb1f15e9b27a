// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"

namespace vedette::rules {
namespace {

// What optional.ofNonZeroValue takes for nothing: false, 0, "", an empty collection, null.
bool IsZero(const Value& value) {
  if (const bool* truth = value.As<bool>()) {
    return !*truth;
  }
  if (const auto number = NumberOf(value)) {
    return *number == 0;
  }
  if (const std::string* text = value.AsText()) {
    return text->empty();
  }
  if (const std::string* bytes = BytesOf(value)) {
    return bytes->empty();
  }
  if (const ValueList* list = ListOf(value)) {
    return list->empty();
  }
  if (const ValueMap* map = MapOf(value)) {
    return map->entries.empty();
  }
  if (const auto* time = value.As<TimestampValue>()) {
    return *time == TimestampValue{};
  }
  if (const auto* duration = value.As<DurationValue>()) {
    return *duration == DurationValue{};
  }
  return value.As<NullValue>() != nullptr;
}

const OptionalValue* TargetOf(Arguments arguments, std::size_t count) {
  return arguments.size() == count ? arguments[0].As<OptionalValue>() : nullptr;
}

Value Of(Arguments arguments) {
  return arguments.size() == 1 ? MakeOptional(arguments[0]) : NoOperation("optional.of", arguments);
}

Value OfNonZeroValue(Arguments arguments) {
  if (arguments.size() != 1) {
    return NoOperation("optional.ofNonZeroValue", arguments);
  }
  return IsZero(arguments[0]) ? Value(OptionalValue{}) : MakeOptional(arguments[0]);
}

Value None(Arguments arguments) {
  return arguments.empty() ? Value(OptionalValue{}) : NoOperation("optional.none", arguments);
}

Value HasValue(Arguments arguments) {
  const OptionalValue* optional = TargetOf(arguments, 1);
  return optional == nullptr ? NoOperation("hasValue", arguments)
                             : Value(optional->value != nullptr);
}

Value ValueOf(Arguments arguments) {
  const OptionalValue* optional = TargetOf(arguments, 1);
  if (optional == nullptr) {
    return NoOperation("value", arguments);
  }
  return optional->value == nullptr ? Value::Error("an optional without value") : *optional->value;
}

Value Or(Arguments arguments) {
  const OptionalValue* optional = TargetOf(arguments, 2);
  if (optional == nullptr || arguments[1].As<OptionalValue>() == nullptr) {
    return NoOperation("or", arguments);
  }
  return optional->value == nullptr ? arguments[1] : arguments[0];
}

Value OrValue(Arguments arguments) {
  const OptionalValue* optional = TargetOf(arguments, 2);
  if (optional == nullptr) {
    return NoOperation("orValue", arguments);
  }
  return optional->value == nullptr ? arguments[1] : *optional->value;
}

}  // namespace

std::span<const LibraryFunction> OptionalFunctions() {
  static constexpr auto kFunctions = std::to_array<LibraryFunction>({
      {"optional.of", CallStyle::kGlobal, Of, true},
      {"optional.ofNonZeroValue", CallStyle::kGlobal, OfNonZeroValue},
      {"optional.none", CallStyle::kGlobal, None},
      {"hasValue", CallStyle::kMethod, HasValue},
      {"value", CallStyle::kMethod, ValueOf},
      {"or", CallStyle::kMethod, Or},
      {"orValue", CallStyle::kMethod, OrValue, true},
  });
  return kFunctions;
}

}  // namespace vedette::rules
