// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/message.h>
#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "kit/rpc/json_plan.h"

namespace vedette::rpc {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

// Bytes that cannot stand in a JSON string as they are.
constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 0x20; ++c) table[static_cast<std::size_t>(c)] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

void AppendEscape(std::string& out, unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

void AppendString(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!kEscaped[c]) [[likely]] {
      continue;
    }
    out.append(text, run, i - run);
    run = i + 1;
    AppendEscape(out, c);
  }
  out.append(text, run, text.size() - run);
  out += '"';
}

template <class Number>
void AppendNumber(std::string& out, Number value) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) {
      out += "null";
      return;
    }
  }
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

void AppendEnum(std::string& out, const Field& field, int number) {
  const pb::EnumValueDescriptor* value = field.enum_type()->FindValueByNumber(number);
  if (value == nullptr) return AppendNumber(out, number);
  out += '"';
  out += value->name();
  out += '"';
}

void AppendMessage(std::string& out, const JsonCodec::Plan& plan, const pb::Message& message);

// The field's value, or its element `i` unless that is negative.
#define VEDETTE_GET(Type)                            \
  (i < 0 ? reflection.Get##Type(message, plan.field) \
         : reflection.GetRepeated##Type(message, plan.field, i))

void AppendValue(std::string& out,
                 const JsonField& plan,
                 const pb::Message& message,
                 const pb::Reflection& reflection,
                 int i) {
  switch (plan.field->cpp_type()) {
    case Field::CPPTYPE_INT32:
      return AppendNumber(out, VEDETTE_GET(Int32));
    case Field::CPPTYPE_UINT32:
      return AppendNumber(out, VEDETTE_GET(UInt32));
    case Field::CPPTYPE_INT64:
      return AppendNumber(out, VEDETTE_GET(Int64));
    case Field::CPPTYPE_UINT64:
      return AppendNumber(out, VEDETTE_GET(UInt64));
    case Field::CPPTYPE_DOUBLE:
      return AppendNumber(out, VEDETTE_GET(Double));
    case Field::CPPTYPE_FLOAT:
      return AppendNumber(out, VEDETTE_GET(Float));
    case Field::CPPTYPE_BOOL:
      out += VEDETTE_GET(Bool) ? "true" : "false";
      return;
    case Field::CPPTYPE_ENUM:
      return AppendEnum(out, *plan.field, VEDETTE_GET(EnumValue));
    case Field::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text =
          i < 0 ? reflection.GetStringReference(message, plan.field, &scratch)
                : reflection.GetRepeatedStringReference(message, plan.field, i, &scratch);
      if (plan.field->type() == Field::TYPE_BYTES) return AppendString(out, Base64Encode(text));
      return AppendString(out, text);
    }
    case Field::CPPTYPE_MESSAGE:
      return AppendMessage(out, *plan.child, VEDETTE_GET(Message));
  }
}

#undef VEDETTE_GET

void AppendMessage(std::string& out, const JsonCodec::Plan& plan, const pb::Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  out += '{';
  const std::size_t begin = out.size();
  for (const JsonField& field : plan.fields) {
    if (field.presence && !reflection.HasField(message, field.field)) continue;
    if (out.size() != begin) out += ',';
    out += field.key;
    if (!field.repeated) {
      AppendValue(out, field, message, reflection, -1);
      continue;
    }
    out += '[';
    const int size = reflection.FieldSize(message, field.field);
    for (int i = 0; i < size; ++i) {
      if (i != 0) out += ',';
      AppendValue(out, field, message, reflection, i);
    }
    out += ']';
  }
  out += '}';
}

// The length of the valid UTF-8 sequence at the start of `text`, 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (length > text.size() || !simdjson::validate_utf8(text.data(), length)) return 0;
  return length;
}

std::string ReplaceInvalid(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    out.append(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

void JsonCodec::Write(const Plan& plan, const pb::Message& message, std::string& out) {
  const std::size_t begin = out.size();
  AppendMessage(out, plan, message);
  if (simdjson::validate_utf8(out.data() + begin, out.size() - begin)) return;
  const std::string repaired = ReplaceInvalid(std::string_view(out).substr(begin));
  out.replace(begin, std::string::npos, repaired);
}

}  // namespace vedette::rpc
