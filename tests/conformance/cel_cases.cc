// SPDX-License-Identifier: Apache-2.0
#include "conformance/cel_cases.h"

#include <simdjson.h>

#include <cmath>
#include <stdexcept>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"
#include "rules/eval/time_text.h"

namespace vedette::rules {
namespace {

using Json = simdjson::dom::element;

std::string TextOf(Json json) { return std::string(json.get_string().value()); }

std::string BytesOfHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

Value ReadValue(Json json);

Value ReadList(Json json) {
  ValueList list;
  for (const Json element : json.get_array()) {
    list.push_back(ReadValue(element));
  }
  return Value::List(std::move(list));
}

Value ReadMap(Json json) {
  ValueMap map;
  for (const Json entry : json.get_array()) {
    map.entries.emplace_back(ReadValue(entry.at(0)), ReadValue(entry.at(1)));
  }
  return MakeMap(std::move(map));
}

Value ReadValue(Json json) {
  const auto entry = *json.get_object().value().begin();
  const std::string_view kind = entry.key;
  const Json value = entry.value;
  if (kind == "null") {
    return {};
  }
  if (kind == "bool") {
    return Value(value.get_bool().value());
  }
  if (kind == "int") {
    return Value(static_cast<std::int64_t>(std::stoll(TextOf(value))));
  }
  if (kind == "uint") {
    return Value(static_cast<std::uint64_t>(std::stoull(TextOf(value))));
  }
  if (kind == "dbl") {
    return Value(std::stod(TextOf(value)));
  }
  if (kind == "str") {
    return Value::Text(TextOf(value));
  }
  if (kind == "bytes") {
    return MakeBytes(BytesOfHex(TextOf(value)));
  }
  if (kind == "list") {
    return ReadList(value);
  }
  if (kind == "map") {
    return ReadMap(value);
  }
  if (kind == "type") {
    return MakeType(TextOf(value));
  }
  if (kind == "ts") {
    return Value(ReadTimestamp(TextOf(value)).value());
  }
  if (kind == "dur") {
    return Value(ReadDuration(TextOf(value)).value());
  }
  throw std::runtime_error("a value of the unknown kind " + std::string(kind));
}

CaseType ReadType(Json json) {
  if (json.is_string()) {
    return {TextOf(json), {}};
  }
  CaseType type;
  for (const Json part : json.get_array()) {
    if (type.name.empty()) {
      type.name = TextOf(part);
    } else {
      type.parameters.push_back(ReadType(part));
    }
  }
  return type;
}

CelCase ReadCase(Json json) {
  CelCase out;
  out.name = TextOf(json["section"]) + "/" + TextOf(json["name"]);
  out.expression = TextOf(json["expr"]);
  out.container = TextOf(json["container"]);
  out.check = !json["nocheck"].get_bool().value();
  out.check_only = json["check_only"].get_bool().value();
  out.macros = !json["nomacro"].get_bool().value();
  for (const auto [name, value] : json["bindings"].get_object()) {
    out.bindings.emplace(name, ReadValue(value));
  }
  for (const auto [name, type] : json["env"].get_object()) {
    out.variables.emplace(name, ReadType(type));
  }
  Json value;
  if (json["value"].get(value) == simdjson::SUCCESS) {
    out.value = ReadValue(value);
  }
  return out;
}

bool SameMap(const ValueMap& a, const ValueMap& b) {
  if (a.entries.size() != b.entries.size()) {
    return false;
  }
  for (const auto& [key, value] : a.entries) {
    bool found = false;
    for (const auto& [other_key, other] : b.entries) {
      found = found || (SameValue(key, other_key) && SameValue(value, other));
    }
    if (!found) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::vector<CelCase> ReadCelCases(const std::filesystem::path& path) {
  simdjson::dom::parser parser;
  std::vector<CelCase> cases;
  simdjson::dom::document_stream lines = parser.load_many(path.string());
  for (const Json json : lines) {
    cases.push_back(ReadCase(json));
  }
  return cases;
}

bool SameValue(const Value& a, const Value& b) {
  if (a.variant().index() != b.variant().index()) {
    return false;
  }
  if (const auto* x = a.As<double>()) {
    const double y = *b.As<double>();
    return std::isnan(*x) ? std::isnan(y) : *x == y && std::signbit(*x) == std::signbit(y);
  }
  if (const ValueList* list = ListOf(a)) {
    const ValueList& other = *ListOf(b);
    return std::equal(list->begin(), list->end(), other.begin(), other.end(), SameValue);
  }
  if (const ValueMap* map = MapOf(a)) {
    return SameMap(*map, *MapOf(b));
  }
  std::uint64_t steps = 0;
  return Equals(a, b, steps).IsTrue();
}

std::string DescribeValue(const Value& value) {
  if (const auto* error = value.As<std::shared_ptr<const ErrorValue>>()) {
    return "error: " + (*error)->message;
  }
  return std::string(TypeNameOf(value)) + " " + Show(value).value_or("?");
}

}  // namespace vedette::rules
