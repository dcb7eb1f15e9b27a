// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/eval/value.h"

namespace vedette::rules {

// CEL's name of a value's type: "int", "google.protobuf.Timestamp"; a number known as an interval
// is a double.
std::string_view TypeNameOf(const Value& value);

// "no operation _+_(int, string)": names types, never values.
Value NoOperation(std::string_view operation, std::span<const Value> arguments);

// An int, uint or double as the nearest double; nullopt for anything else.
std::optional<double> NumberOf(const Value& value);
// Any number as an interval, an exact one as a point.
std::optional<IntervalValue> IntervalOf(const Value& value);
// nullptr for what is no list, no map, no bytes.
const ValueList* ListOf(const Value& value);
const ValueMap* MapOf(const Value& value);
const std::string* BytesOf(const Value& value);

Value MakeBytes(std::string bytes);
Value MakeMap(ValueMap map);
Value MakeType(std::string_view name);
Value MakeOptional(Value value);
// An error outside CEL's range. `nanos` as in the value.
Value MakeTimestamp(std::int64_t seconds, std::int32_t nanos);
Value MakeDuration(std::int64_t seconds, std::int32_t nanos);

enum class Order : std::uint8_t { kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// a == b: numbers by value whatever their type (int and uint against double after conversion to
// double), lists and maps by content, different types are different. Unknown where an interval or
// an unknown element leaves it open. Objects have no equality: an error. Adds the elements it
// looked at to `steps`.
Value Equals(const Value& a, const Value& b, std::uint64_t& steps);
// a < b and so on, of numbers, texts (by code points), bytes, bool, times and durations.
Value Compare(Order order, const Value& a, const Value& b);
// x in list, and key in map.
Value IsIn(const Value& x, const Value& collection, std::uint64_t& steps);
// The entry of a key, numbers compared by value; nullptr when absent.
const Value* FindKey(const ValueMap& map, const Value& key);

// What `a op b` does where b is 0.
enum class ZeroDivision : std::uint8_t { kUnknown, kCel };

// a op b for op of + - * / %. What overflows a whole number is an error. Numbers of two kinds count
// as doubles, which CEL itself leaves undefined: `3 * lab.ALT.uln` is what people write.
// Bounds of intervals are rounded as any double is.
Value Arithmetic(char op, const Value& a, const Value& b, ZeroDivision zero_division);
Value Negate(const Value& a);

}  // namespace vedette::rules
