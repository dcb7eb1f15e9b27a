// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "rules/eval/value.h"

namespace vedette::rules {

// target.field; target.?field when `optional`. Of an optional, what its value has, as an optional.
Value SelectField(const Value& target, std::string_view field, bool optional);

// target[key]; target[?key] when `optional`.
Value SelectElement(const Value& target, const Value& key, bool optional);

// has(target.field): never unknown. An unknown target has nothing.
Value HasField(const Value& target, std::string_view field);

// What a macro runs over: a list, a map's keys, an object's elements. `values` are a map's values,
// else empty.
struct Range {
  ValueList elements;
  ValueList values;
};
std::optional<Range> RangeOf(const Value& target);

}  // namespace vedette::rules
