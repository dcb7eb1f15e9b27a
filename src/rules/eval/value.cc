// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/value.h"

#include <array>

#include "rules/eval/operations.h"

namespace vedette::rules {

std::string_view TypeNameOf(const Value& value) {
  static constexpr std::array<std::string_view, std::variant_size_v<Value::Variant>> kNames = {
      "null_type",
      "bool",
      "int",
      "uint",
      "double",
      "double",
      "string",
      "bytes",
      "google.protobuf.Timestamp",
      "google.protobuf.Duration",
      "list",
      "map",
      "type",
      "optional_type",
      "object",
      "unknown",
      "error"};
  if (const auto* object = value.As<std::shared_ptr<const Object>>()) {
    return (*object)->TypeName();
  }
  return kNames[value.variant().index()];
}

Value NoOperation(std::string_view operation, std::span<const Value> arguments) {
  std::string text = "no operation " + std::string(operation) + "(";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    text += i == 0 ? "" : ", ";
    text += TypeNameOf(arguments[i]);
  }
  return Value::Error(text + ")");
}

std::optional<double> NumberOf(const Value& value) {
  if (const auto* number = value.As<double>()) {
    return *number;
  }
  if (const auto* number = value.As<std::int64_t>()) {
    return static_cast<double>(*number);
  }
  if (const auto* number = value.As<std::uint64_t>()) {
    return static_cast<double>(*number);
  }
  return std::nullopt;
}

std::optional<IntervalValue> IntervalOf(const Value& value) {
  if (const auto* interval = value.As<IntervalValue>()) {
    return *interval;
  }
  const auto number = NumberOf(value);
  return number ? std::optional(IntervalValue{*number, *number}) : std::nullopt;
}

const ValueList* ListOf(const Value& value) {
  const auto* list = value.As<std::shared_ptr<const ValueList>>();
  return list == nullptr ? nullptr : list->get();
}

const ValueMap* MapOf(const Value& value) {
  const auto* map = value.As<std::shared_ptr<const ValueMap>>();
  return map == nullptr ? nullptr : map->get();
}

const std::string* BytesOf(const Value& value) {
  const auto* bytes = value.As<std::shared_ptr<const BytesValue>>();
  return bytes == nullptr ? nullptr : &(*bytes)->bytes;
}

Value MakeBytes(std::string bytes) {
  return Value(std::make_shared<const BytesValue>(BytesValue{std::move(bytes)}));
}

Value MakeMap(ValueMap map) { return Value(std::make_shared<const ValueMap>(std::move(map))); }

Value MakeType(std::string_view name) {
  return Value(std::make_shared<const TypeValue>(TypeValue{std::string(name)}));
}

Value MakeOptional(Value value) {
  return Value(OptionalValue{std::make_shared<const Value>(std::move(value))});
}

Value MakeTimestamp(std::int64_t seconds, std::int32_t nanos) {
  constexpr std::int64_t kFirst = -62'135'596'800;
  constexpr std::int64_t kLast = 253'402'300'799;
  return seconds < kFirst || seconds > kLast
             ? Value::Error("a timestamp outside the years 1 to 9999")
             : Value(TimestampValue{seconds, nanos});
}

Value MakeDuration(std::int64_t seconds, std::int32_t nanos) {
  constexpr std::int64_t kLimit = 315'576'000'000;
  return seconds < -kLimit || seconds > kLimit ? Value::Error("a duration of over 10000 years")
                                               : Value(DurationValue{seconds, nanos});
}

}  // namespace vedette::rules
