// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/message.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "kit/rpc/json_plan.h"

namespace vedette::rpc {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

template <class Number>
bool ParseNumber(std::string_view text, Number* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

constexpr char kWhole[] = "must be a whole number in range";

}  // namespace

#define VEDETTE_SET(Type, value)                                         \
  (field.is_repeated() ? reflection.Add##Type(&message, &field, (value)) \
                       : reflection.Set##Type(&message, &field, (value)))

std::string SetFromText(const Field& field, std::string_view text, pb::Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_INT32: {
      std::int32_t value = 0;
      if (!ParseNumber(text, &value)) return kWhole;
      VEDETTE_SET(Int32, value);
      return {};
    }
    case Field::CPPTYPE_UINT32: {
      std::uint32_t value = 0;
      if (!ParseNumber(text, &value)) return kWhole;
      VEDETTE_SET(UInt32, value);
      return {};
    }
    case Field::CPPTYPE_INT64: {
      std::int64_t value = 0;
      if (!ParseNumber(text, &value)) return kWhole;
      VEDETTE_SET(Int64, value);
      return {};
    }
    case Field::CPPTYPE_UINT64: {
      std::uint64_t value = 0;
      if (!ParseNumber(text, &value)) return kWhole;
      VEDETTE_SET(UInt64, value);
      return {};
    }
    case Field::CPPTYPE_DOUBLE:
    case Field::CPPTYPE_FLOAT: {
      double value = 0;
      if (!ParseNumber(text, &value) || !std::isfinite(value)) return "must be a number";
      if (field.cpp_type() == Field::CPPTYPE_DOUBLE) {
        VEDETTE_SET(Double, value);
      } else {
        VEDETTE_SET(Float, static_cast<float>(value));
      }
      return {};
    }
    case Field::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return "must be true or false";
      VEDETTE_SET(Bool, text == "true");
      return {};
    case Field::CPPTYPE_ENUM: {
      const pb::EnumValueDescriptor* value = field.enum_type()->FindValueByName(std::string(text));
      int number = 0;
      if (value == nullptr && ParseNumber(text, &number)) {
        value = field.enum_type()->FindValueByNumber(number);
      }
      if (value == nullptr) return "is none of the known values";
      VEDETTE_SET(EnumValue, value->number());
      return {};
    }
    case Field::CPPTYPE_STRING: {
      if (field.type() == Field::TYPE_BYTES) {
        Result<std::string> bytes = Base64Decode(text);
        if (!bytes) return "must be Base64";
        VEDETTE_SET(String, std::move(*bytes));
        return {};
      }
      if (!simdjson::validate_utf8(text.data(), text.size())) return "must be UTF-8 text";
      VEDETTE_SET(String, std::string(text));
      return {};
    }
    case Field::CPPTYPE_MESSAGE:
      return "must be given as JSON";
  }
  return "cannot be set";
}

#undef VEDETTE_SET

}  // namespace vedette::rpc
