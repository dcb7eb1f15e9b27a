// SPDX-License-Identifier: Apache-2.0
#include "codegen/openapi_schema.h"

#include <algorithm>
#include <charconv>

#include "codegen/contract.h"

namespace vedette::codegen {
namespace {

namespace pb = google::protobuf;
using FieldDescriptor = pb::FieldDescriptor;

std::string Number(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

FieldRules RulesOf(const FieldDescriptor& field) {
  return field.options().HasExtension(vedette::field_rules)
             ? field.options().GetExtension(vedette::field_rules)
             : FieldRules();
}

bool IsText(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

bool IsNumber(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_MESSAGE:
    case FieldDescriptor::CPPTYPE_ENUM:
    case FieldDescriptor::CPPTYPE_BOOL:
      return false;
    default:
      return true;
  }
}

JsonObject Scalar(const FieldDescriptor& field) {
  JsonObject schema;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return schema.AddText("type", "integer").AddText("format", "int32");
    case FieldDescriptor::CPPTYPE_INT64:
      return schema.AddText("type", "integer").AddText("format", "int64");
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return schema.AddText("type", "integer");
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return schema.AddText("type", "number").AddText("format", "double");
    case FieldDescriptor::CPPTYPE_FLOAT:
      return schema.AddText("type", "number").AddText("format", "float");
    case FieldDescriptor::CPPTYPE_BOOL:
      return schema.AddText("type", "boolean");
    default:
      schema.AddText("type", "string");
      if (field.type() == FieldDescriptor::TYPE_BYTES) schema.AddText("contentEncoding", "base64");
      return schema;
  }
}

void AddLimits(const FieldDescriptor& field, const FieldRules& rule, JsonObject* schema) {
  const bool is_required_text = rule.required() && IsText(field) && !field.is_repeated();
  const std::uint32_t shortest = std::max(rule.min_length(), is_required_text ? 1U : 0U);
  if (shortest != 0) schema->Add("minLength", std::to_string(shortest));
  if (rule.max_length() != 0) schema->Add("maxLength", std::to_string(rule.max_length()));
  if (!rule.pattern().empty()) schema->AddText("pattern", "^(?:" + rule.pattern() + ")$");
  if (rule.has_minimum()) schema->Add("minimum", Number(rule.minimum()));
  if (rule.has_maximum()) schema->Add("maximum", Number(rule.maximum()));
  if (rule.has_exclusive_minimum()) {
    schema->Add("exclusiveMinimum", Number(rule.exclusive_minimum()));
  }
  if (!rule.has_minimum() && !rule.has_exclusive_minimum() &&
      (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32 ||
       field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64)) {
    schema->Add("minimum", "0");
  }
}

void AddNotes(const FieldDescriptor& field, const FieldRules& rule, JsonObject* schema) {
  if (const std::string comment = LeadingComment(field); !comment.empty()) {
    schema->AddText("description", comment);
  }
  if (!rule.example().empty()) {
    schema->Add("examples",
                "[" +
                    (IsNumber(field) || field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL
                         ? rule.example()
                         : JsonString(rule.example())) +
                    "]");
  }
  if (rule.sensitive()) schema->Add("x-sensitive", "true");
}

// "trial" of the package vedette.trial.v1, with a capital.
std::string PackageWord(const std::string& package) {
  const std::size_t end = package.rfind('.');
  const std::size_t begin = package.rfind('.', end - 1) + 1;
  std::string word = package.substr(begin, end - begin);
  if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') word[0] -= 'a' - 'A';
  return word;
}

std::string EnumSchema(const pb::EnumDescriptor& type) {
  JsonArray values;
  for (int i = 0; i < type.value_count(); ++i) values.Add(JsonString(type.value(i)->name()));
  JsonObject schema;
  schema.AddText("type", "string").Add("enum", values.ToString());
  if (const std::string comment = LeadingComment(type); !comment.empty()) {
    schema.AddText("description", comment);
  }
  return schema.ToString();
}

std::string Ref(const std::string& name) {
  return JsonObject().AddText("$ref", "#/components/schemas/" + name).ToString();
}

}  // namespace

void SchemaSet::Collect(const pb::Descriptor& message, Messages* into) {
  if (!into->insert(&message).second) return;
  full_names_[message.name()].insert(message.full_name());
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.enum_type() != nullptr) {
      enums_.insert(field.enum_type());
      full_names_[field.enum_type()->name()].insert(field.enum_type()->full_name());
    }
    if (field.message_type() != nullptr) Collect(*field.message_type(), into);
  }
}

void SchemaSet::AddRequest(const pb::Descriptor& message) {
  requests_.insert(&message);
  Collect(message, &taken_);
}

void SchemaSet::AddResponse(const pb::Descriptor& message) { Collect(message, &sent_); }

std::string SchemaSet::Name(const pb::Descriptor& message, bool input) const {
  std::string name = message.name();
  if (full_names_.at(name).size() > 1) name = PackageWord(message.file()->package()) + name;
  if (input && sent_.contains(&message)) name += "Input";
  return name;
}

std::string SchemaSet::Reference(const pb::Descriptor& message, bool input) const {
  return Ref(Name(message, input));
}

std::string SchemaSet::Value(const FieldDescriptor& field, bool input) const {
  if (field.message_type() != nullptr) return Reference(*field.message_type(), input);
  if (field.enum_type() != nullptr) {
    std::string name = field.enum_type()->name();
    if (full_names_.at(name).size() > 1) {
      name = PackageWord(field.enum_type()->file()->package()) + name;
    }
    return Ref(name);
  }
  return {};
}

std::string SchemaSet::Field(const FieldDescriptor& field, bool input) const {
  const FieldRules rule = RulesOf(field);
  const std::string reference = Value(field, input);
  JsonObject schema = reference.empty() ? Scalar(field) : JsonObject();
  if (!reference.empty()) {
    const std::string name = reference.substr(reference.rfind('/') + 1);
    schema.AddText("$ref", "#/components/schemas/" + name.substr(0, name.find('"')));
  }
  if (field.is_repeated()) {
    AddLimits(field, rule, &schema);
    JsonObject list;
    list.AddText("type", "array").Add("items", schema.ToString());
    const std::uint32_t fewest = std::max(rule.min_items(), rule.required() ? 1U : 0U);
    if (fewest != 0) list.Add("minItems", std::to_string(fewest));
    if (rule.max_items() != 0) list.Add("maxItems", std::to_string(rule.max_items()));
    AddNotes(field, rule, &list);
    return list.ToString();
  }
  AddLimits(field, rule, &schema);
  AddNotes(field, rule, &schema);
  return schema.ToString();
}

std::string SchemaSet::Object(const pb::Descriptor& message,
                              bool input,
                              const std::vector<std::string>& without) const {
  JsonObject properties;
  JsonArray required;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (std::ranges::find(without, field.name()) != without.end()) continue;
    properties.Add(field.json_name(), Field(field, input));
    const bool always = input ? RulesOf(field).required() : !field.has_presence();
    if (always) required.Add(JsonString(field.json_name()));
  }
  JsonObject schema;
  schema.AddText("type", "object");
  if (const std::string comment = LeadingComment(message); !comment.empty()) {
    schema.AddText("description", comment);
  }
  schema.Add("properties", properties.ToString());
  if (!required.empty()) schema.Add("required", required.ToString());
  if (input) schema.Add("additionalProperties", "false");
  return schema.ToString();
}

void SchemaSet::EmitAll(JsonObject* schemas) const {
  std::map<std::string, std::string> sorted;
  for (const pb::Descriptor* message : sent_) {
    sorted.emplace(Name(*message, false), Object(*message, false, {}));
  }
  for (const pb::Descriptor* message : taken_) {
    if (requests_.contains(message)) continue;
    sorted.emplace(Name(*message, true), Object(*message, true, {}));
  }
  for (const pb::EnumDescriptor* type : enums_) {
    std::string name = type->name();
    if (full_names_.at(name).size() > 1) name = PackageWord(type->file()->package()) + name;
    sorted.emplace(name, EnumSchema(*type));
  }
  for (auto& [name, schema] : sorted) schemas->Add(name, std::move(schema));
}

}  // namespace vedette::codegen
