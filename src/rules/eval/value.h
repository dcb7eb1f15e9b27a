// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vedette::rules {

class Value;
using ValueList = std::vector<Value>;
struct ValueMap;

// What a name of the clinical library stands for: a series, a window, a form, a visit. Immutable
// while an evaluation lasts.
class Object {
 public:
  virtual ~Object() = default;
  // "series", for error texts and type().
  virtual std::string_view TypeName() const = 0;
  // An error value for a field it does not have; unknown for one that has no value.
  virtual Value Select(std::string_view field) const = 0;
  // has(object.field)
  virtual bool Has(std::string_view field) const = 0;
  virtual Value Call(std::string_view function, std::span<const Value> arguments) const = 0;
  // What a macro runs over; nullopt when it is no collection.
  virtual std::optional<ValueList> Elements() const;
};

struct BytesValue {
  std::string bytes;
  bool operator==(const BytesValue&) const = default;
};

// Seconds and nanoseconds since the Unix epoch; 0 ≤ nanos < 1e9. CEL's range: years 1 to 9999.
struct TimestampValue {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  auto operator<=>(const TimestampValue&) const = default;
};

// CEL's range: ±315,576,000,000 s. Sign of nanos as of seconds.
struct DurationValue {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  auto operator<=>(const DurationValue&) const = default;
};

// A number known only to lie in [low, high]: what "<3.42" says of a concentration.
struct IntervalValue {
  double low = 0;
  double high = 0;
};

// What cannot be decided because data are missing. Absorbed by && and || as CEL's unknown is.
struct UnknownValue {};

struct ErrorValue {
  std::string message;  // holds no data of a subject
};

struct TypeValue {
  std::string name;
  bool operator==(const TypeValue&) const = default;
};

struct OptionalValue {
  std::shared_ptr<const Value> value;  // null: none
};

struct NullValue {};

// One value of a CEL evaluation. Cheap to copy: what is large is shared and immutable.
class Value {
 public:
  using Variant = std::variant<NullValue,
                               bool,
                               std::int64_t,
                               std::uint64_t,
                               double,
                               IntervalValue,
                               std::shared_ptr<const std::string>,
                               std::shared_ptr<const BytesValue>,
                               TimestampValue,
                               DurationValue,
                               std::shared_ptr<const ValueList>,
                               std::shared_ptr<const ValueMap>,
                               std::shared_ptr<const TypeValue>,
                               OptionalValue,
                               std::shared_ptr<const Object>,
                               UnknownValue,
                               std::shared_ptr<const ErrorValue>>;

  Value() = default;  // null
  template <class T>
    requires std::constructible_from<Variant, T>
  explicit Value(T value) : variant_(std::move(value)) {}

  static Value Text(std::string text) {
    return Value(std::make_shared<const std::string>(std::move(text)));
  }
  static Value List(ValueList values) {
    return Value(std::make_shared<const ValueList>(std::move(values)));
  }
  static Value Unknown() { return Value(UnknownValue{}); }
  static Value Error(std::string message) {
    return Value(std::make_shared<const ErrorValue>(ErrorValue{std::move(message)}));
  }

  const Variant& variant() const { return variant_; }
  template <class T>
  const T* As() const {
    return std::get_if<T>(&variant_);
  }
  // The text of a string; nullptr for anything else.
  const std::string* AsText() const {
    const auto* text = As<std::shared_ptr<const std::string>>();
    return text == nullptr ? nullptr : text->get();
  }
  bool IsError() const { return As<std::shared_ptr<const ErrorValue>>() != nullptr; }
  bool IsUnknown() const { return As<UnknownValue>() != nullptr; }
  bool IsTrue() const {
    const bool* value = As<bool>();
    return value != nullptr && *value;
  }

 private:
  Variant variant_;
};

inline std::optional<ValueList> Object::Elements() const { return std::nullopt; }

// Entries in the order they were written. Keys: bool, int, uint or string.
struct ValueMap {
  std::vector<std::pair<Value, Value>> entries;
};

}  // namespace vedette::rules
