// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/selection.h"

#include <array>
#include <cmath>

#include "rules/eval/operations.h"

namespace vedette::rules {
namespace {

Value Found(const Value* value, bool optional, std::string_view missing) {
  if (value == nullptr) {
    return optional ? Value(OptionalValue{}) : Value::Error(std::string(missing));
  }
  const bool wrap = optional && !value->IsUnknown() && !value->IsError();
  return wrap ? MakeOptional(*value) : *value;
}

Value FieldOfObject(const Object& object, std::string_view field, bool optional) {
  if (!optional) {
    return object.Select(field);
  }
  if (!object.Has(field)) {
    return Value(OptionalValue{});
  }
  const Value value = object.Select(field);
  return Found(&value, true, "");
}

// The whole number an index means; nullopt for anything else.
std::optional<std::uint64_t> IndexOf(const Value& key) {
  if (const auto* index = key.As<std::int64_t>()) {
    return static_cast<std::uint64_t>(*index);  // below 0 it lies beyond every list
  }
  if (const auto* index = key.As<std::uint64_t>()) {
    return *index;
  }
  const auto* index = key.As<double>();
  return index != nullptr && *index >= 0 && *index < 1e15 && std::trunc(*index) == *index
             ? std::optional(static_cast<std::uint64_t>(*index))
             : std::nullopt;
}

bool MayBeKey(const Value& key) {
  return key.As<bool>() != nullptr || key.AsText() != nullptr || NumberOf(key).has_value();
}

Value ElementOfList(const ValueList& list, const Value& key, bool optional) {
  const auto index = IndexOf(key);
  if (!index) {
    return Value::Error("a list has no element of this index");
  }
  return Found(*index < list.size() ? &list[*index] : nullptr, optional,
               "an index lies outside the list");
}

}  // namespace

Value SelectField(const Value& target, std::string_view field, bool optional) {
  if (target.IsUnknown() || target.IsError()) {
    return target;
  }
  if (const auto* maybe = target.As<OptionalValue>()) {
    return maybe->value == nullptr ? target : SelectField(*maybe->value, field, true);
  }
  if (const auto* object = target.As<std::shared_ptr<const Object>>()) {
    return FieldOfObject(**object, field, optional);
  }
  if (const ValueMap* map = MapOf(target)) {
    return Found(FindKey(*map, Value::Text(std::string(field))), optional,
                 "the map has no key " + std::string(field));
  }
  return Value::Error(std::string(TypeNameOf(target)) + " has no field " + std::string(field));
}

Value SelectElement(const Value& target, const Value& key, bool optional) {
  if (target.IsUnknown() || key.IsUnknown()) {
    return Value::Unknown();
  }
  if (target.IsError() || key.IsError()) {
    return target.IsError() ? target : key;
  }
  if (const auto* maybe = target.As<OptionalValue>()) {
    return maybe->value == nullptr ? target : SelectElement(*maybe->value, key, true);
  }
  if (const ValueList* list = ListOf(target)) {
    return ElementOfList(*list, key, optional);
  }
  if (const ValueMap* map = MapOf(target); map != nullptr && MayBeKey(key)) {
    return Found(FindKey(*map, key), optional, "the map has no such key");
  }
  if (const auto* object = target.As<std::shared_ptr<const Object>>()) {
    if (const auto elements = (*object)->Elements()) {
      return ElementOfList(*elements, key, optional);
    }
  }
  return NoOperation("_[_]", std::array{target, key});
}

Value HasField(const Value& target, std::string_view field) {
  if (target.IsUnknown()) {
    return Value(false);
  }
  if (target.IsError()) {
    return target;
  }
  if (const auto* maybe = target.As<OptionalValue>()) {
    return maybe->value == nullptr ? Value(false) : HasField(*maybe->value, field);
  }
  if (const auto* object = target.As<std::shared_ptr<const Object>>()) {
    return Value((*object)->Has(field));
  }
  if (const ValueMap* map = MapOf(target)) {
    return Value(FindKey(*map, Value::Text(std::string(field))) != nullptr);
  }
  return Value::Error(std::string(TypeNameOf(target)) + " has no fields");
}

std::optional<Range> RangeOf(const Value& target) {
  if (const ValueList* list = ListOf(target)) {
    return Range{*list, {}};
  }
  if (const ValueMap* map = MapOf(target)) {
    Range range;
    for (const auto& [key, value] : map->entries) {
      range.elements.push_back(key);
      range.values.push_back(value);
    }
    return range;
  }
  if (const auto* object = target.As<std::shared_ptr<const Object>>()) {
    if (auto elements = (*object)->Elements()) {
      return Range{*std::move(elements), {}};
    }
  }
  return std::nullopt;
}

}  // namespace vedette::rules
