// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/message.h>
#include <simdjson.h>

#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "kit/rpc/json_plan.h"
#include "kit/rpc/validation.h"

namespace vedette::rpc {
namespace {

namespace pb = google::protobuf;
namespace od = simdjson::ondemand;
using Field = pb::FieldDescriptor;

// More violations than this help nobody; the rest of the text is then not read.
constexpr std::size_t kMaxViolations = 1000;
// Of messages within messages; no contract comes near, and the reader recurses.
constexpr int kMaxDepth = 64;

// Where the reader is; spelled out only for a violation.
struct Place {
  const Place* outer = nullptr;
  std::string_view name;
  int index = -1;

  std::string Path() const {
    std::string path = outer == nullptr ? std::string() : outer->Path();
    if (!path.empty()) path += '.';
    path += name;
    if (index >= 0) path += "[" + std::to_string(index) + "]";
    return path;
  }
};

class Reader {
 public:
  std::vector<FieldViolation> violations;

  // False when the text is no JSON, so that reading cannot go on.
  bool ReadObject(od::object object,
                  const JsonCodec::Plan& plan,
                  pb::Message& message,
                  const Place* outer) {
    std::vector<bool> seen(plan.fields.size());
    for (auto member : object) {
      od::field entry;
      std::string_view name;
      if (std::move(member).get(entry) || entry.unescaped_key().get(name)) return false;
      const JsonField* field = plan.Find(name);
      if (field == nullptr) {
        // The key's bytes are in the parser's buffer and stay there.
        if (!Add({outer, name}, UnknownField(plan, name))) return false;
        continue;
      }
      const Place place{outer, field->field->json_name()};
      const auto index = static_cast<std::size_t>(field - plan.fields.data());
      if (seen[index]) {
        if (!Add(place, "is given twice")) return false;
        continue;
      }
      seen[index] = true;
      od::value value = entry.value();
      bool null = false;
      if (value.is_null().get(null)) return false;
      if (null) continue;
      if (!(field->repeated ? ReadArray(value, *field, message, outer)
                            : ReadValue(value, *field, message, place))) {
        return false;
      }
    }
    return true;
  }

  // False once there are too many.
  bool Add(const Place& place, std::string description) {
    violations.push_back({place.Path(), std::move(description)});
    return violations.size() < kMaxViolations;
  }

 private:
  bool ReadArray(od::value& value,
                 const JsonField& field,
                 pb::Message& message,
                 const Place* outer) {
    od::array array;
    if (const auto error = value.get_array().get(array)) {
      return error == simdjson::INCORRECT_TYPE &&
             Add({outer, field.field->json_name()}, "must be a list");
    }
    int index = 0;
    for (auto element : array) {
      od::value item;
      if (std::move(element).get(item)) return false;
      const Place place{outer, field.field->json_name(), index++};
      bool null = false;
      if (item.is_null().get(null)) return false;
      if (null) {
        if (!Add(place, "must not be null")) return false;
        continue;
      }
      if (!ReadValue(item, field, message, place)) return false;
    }
    return true;
  }

  bool ReadValue(od::value& value,
                 const JsonField& plan,
                 pb::Message& message,
                 const Place& place) {
    const pb::Reflection& reflection = *message.GetReflection();
    const Field& field = *plan.field;
    switch (field.cpp_type()) {
      case Field::CPPTYPE_MESSAGE: {
        od::object object;
        if (const auto error = value.get_object().get(object)) {
          return error == simdjson::INCORRECT_TYPE && Add(place, "must be an object");
        }
        if (depth_ == kMaxDepth) {
          Add(place, "is nested too deeply");
          return false;
        }
        pb::Message* child = plan.repeated ? reflection.AddMessage(&message, &field)
                                           : reflection.MutableMessage(&message, &field);
        ++depth_;
        const bool readable = ReadObject(object, *plan.child, *child, &place);
        --depth_;
        return readable;
      }
      case Field::CPPTYPE_STRING:
        return ReadString(value, plan, message, reflection, place);
      case Field::CPPTYPE_BOOL: {
        bool flag = false;
        if (const auto error = value.get_bool().get(flag)) {
          return error == simdjson::INCORRECT_TYPE && Add(place, "must be true or false");
        }
        plan.repeated ? reflection.AddBool(&message, &field, flag)
                      : reflection.SetBool(&message, &field, flag);
        return true;
      }
      case Field::CPPTYPE_ENUM:
        return ReadEnum(value, plan, message, reflection, place);
      case Field::CPPTYPE_DOUBLE:
      case Field::CPPTYPE_FLOAT:
        return ReadDouble(value, plan, message, reflection, place);
      default:
        return ReadInteger(value, plan, message, place);
    }
  }

  bool ReadString(od::value& value,
                  const JsonField& plan,
                  pb::Message& message,
                  const pb::Reflection& reflection,
                  const Place& place) {
    std::string_view text;
    if (const auto error = value.get_string().get(text)) {
      return error == simdjson::INCORRECT_TYPE && Add(place, "must be a string");
    }
    std::string content;
    if (plan.field->type() == Field::TYPE_BYTES) {
      Result<std::string> bytes = Base64Decode(text);
      if (!bytes) return Add(place, "must be Base64");
      content = std::move(*bytes);
    } else {
      content = text;
    }
    plan.repeated ? reflection.AddString(&message, plan.field, std::move(content))
                  : reflection.SetString(&message, plan.field, std::move(content));
    return true;
  }

  bool ReadEnum(od::value& value,
                const JsonField& plan,
                pb::Message& message,
                const pb::Reflection& reflection,
                const Place& place) {
    od::json_type type;
    if (value.type().get(type)) return false;
    const pb::EnumValueDescriptor* found = nullptr;
    if (type == od::json_type::string) {
      std::string_view name;
      if (value.get_string().get(name)) return false;
      found = plan.field->enum_type()->FindValueByName(std::string(name));
    } else if (type == od::json_type::number) {
      std::int64_t number = 0;
      if (!value.get_int64().get(number) && number >= std::numeric_limits<int>::min() &&
          number <= std::numeric_limits<int>::max()) {
        found = plan.field->enum_type()->FindValueByNumber(static_cast<int>(number));
      }
    } else {
      return Add(place, "must be a name");
    }
    if (found == nullptr) return Add(place, "is none of the known values");
    plan.repeated ? reflection.AddEnumValue(&message, plan.field, found->number())
                  : reflection.SetEnumValue(&message, plan.field, found->number());
    return true;
  }

  bool ReadDouble(od::value& value,
                  const JsonField& plan,
                  pb::Message& message,
                  const pb::Reflection& reflection,
                  const Place& place) {
    double number = 0;
    if (const auto error = value.get_double().get(number)) {
      return error != simdjson::TAPE_ERROR && Add(place, "must be a number");
    }
    if (plan.field->cpp_type() == Field::CPPTYPE_DOUBLE) {
      plan.repeated ? reflection.AddDouble(&message, plan.field, number)
                    : reflection.SetDouble(&message, plan.field, number);
      return true;
    }
    const auto narrow = static_cast<float>(number);
    if (!std::isfinite(narrow)) return Add(place, "is too large");
    plan.repeated ? reflection.AddFloat(&message, plan.field, narrow)
                  : reflection.SetFloat(&message, plan.field, narrow);
    return true;
  }

  bool ReadInteger(od::value& value,
                   const JsonField& plan,
                   pb::Message& message,
                   const Place& place) {
    od::json_type type;
    if (value.type().get(type)) return false;
    std::string_view text;
    if (type == od::json_type::string) {
      if (value.get_string().get(text)) return false;
    } else if (type == od::json_type::number) {
      text = value.raw_json_token();
      while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
      // The token also serves as a check that it is a number: 01 and 1x are none.
      double checked = 0;
      if (value.get_double().get(checked)) return Add(place, "must be a whole number in range");
      if (text.find_first_of(".eE") != std::string_view::npos) {
        constexpr double kExact = 9007199254740992.0;  // 2^53
        if (checked != std::floor(checked) || std::abs(checked) > kExact) {
          return Add(place, "must be a whole number in range");
        }
        const std::string whole = std::to_string(static_cast<std::int64_t>(checked));
        std::string wrong = SetFromText(*plan.field, whole, message);
        return wrong.empty() || Add(place, std::move(wrong));
      }
      if (text == "-0") text = "0";
    } else {
      return Add(place, "must be a whole number in range");
    }
    std::string wrong = SetFromText(*plan.field, text, message);
    return wrong.empty() || Add(place, std::move(wrong));
  }

  int depth_ = 0;
};

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

Status JsonCodec::Read(const Plan& plan, std::string& text, pb::Message& message) {
  if (IsBlank(text)) return {};
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  const simdjson::padded_string_view padded(text.data(), text.size(), text.capacity());
  od::parser parser;
  od::document document;
  od::object object;
  bool readable = false;
  if (const auto error = parser.iterate(padded).get(document); !error) {
    od::json_type type;
    if (!document.type().get(type) && type != od::json_type::object) {
      return Fail(InvalidRequest({{"", "The body must be a JSON object"}}));
    }
    readable = !document.get_object().get(object);
  }
  Reader reader;
  readable = readable && reader.ReadObject(object, plan, message, nullptr);
  const char* rest = nullptr;
  // Nothing may follow the object.
  readable = readable && document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
  if (!reader.violations.empty()) return Fail(InvalidRequest(std::move(reader.violations)));
  if (!readable) return Fail(Code::kInvalidArgument, "The body is not valid JSON.");
  return {};
}

}  // namespace vedette::rpc
