// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/validation.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <re2/re2.h>
#include <vedette/options.pb.h>

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace vedette::rpc {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

namespace {

struct FieldPlan {
  const Field* field = nullptr;
  bool required = false;
  bool has_presence = false;
  std::uint32_t min_length = 0;
  std::uint32_t max_length = 0;
  std::uint32_t min_items = 0;
  std::uint32_t max_items = 0;
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::optional<double> exclusive_minimum;
  std::unique_ptr<re2::RE2> pattern;
  bool pattern_takes_empty = true;
  const Validator::Plan* child = nullptr;
};

// Where the check is, kept as a chain of frames on the stack and spelled out only when needed.
struct Place {
  const Place* outer;
  const std::string* name;
  int index;  // -1: not an element

  std::string Path() const {
    std::string path = outer == nullptr ? std::string() : outer->Path() + ".";
    path += *name;
    if (index >= 0) path += "[" + std::to_string(index) + "]";
    return path;
  }
};

std::string FormatNumber(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::size_t CodePoints(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

std::string Count(std::uint32_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

}  // namespace

struct Validator::Plan {
  std::vector<FieldPlan> fields;  // only those with something to check
  bool checks_nothing = false;
};

namespace {

class Checker {
 public:
  std::vector<FieldViolation> violations;

  void CheckMessage(const Validator::Plan& plan, const pb::Message& message, const Place* outer) {
    const pb::Reflection* reflection = message.GetReflection();
    for (const FieldPlan& field : plan.fields) {
      if (field.field->is_repeated()) {
        CheckRepeated(field, message, *reflection, outer);
      } else {
        CheckSingle(field, message, *reflection, outer);
      }
    }
  }

 private:
  void Add(const Place& place, std::string description) {
    violations.push_back({place.Path(), std::move(description)});
  }

  void CheckRepeated(const FieldPlan& plan,
                     const pb::Message& message,
                     const pb::Reflection& reflection,
                     const Place* outer) {
    const int size = reflection.FieldSize(message, plan.field);
    const Place whole{outer, &plan.field->json_name(), -1};
    if (size == 0 && plan.required) return Add(whole, "is required");
    if (static_cast<std::uint32_t>(size) < plan.min_items) {
      return Add(whole, "must have at least " + Count(plan.min_items, "entry", "entries"));
    }
    if (plan.max_items != 0 && static_cast<std::uint32_t>(size) > plan.max_items) {
      return Add(whole, "must have at most " + Count(plan.max_items, "entry", "entries"));
    }
    for (int i = 0; i < size; ++i) {
      const Place place{outer, &plan.field->json_name(), i};
      CheckValue(plan, message, reflection, i, place);
    }
  }

  void CheckSingle(const FieldPlan& plan,
                   const pb::Message& message,
                   const pb::Reflection& reflection,
                   const Place* outer) {
    const Place place{outer, &plan.field->json_name(), -1};
    // Without presence, "not set" is "has the default value"; HasField says just that.
    if ((plan.required || plan.has_presence) && !reflection.HasField(message, plan.field)) {
      if (plan.required) Add(place, "is required");
      return;
    }
    CheckValue(plan, message, reflection, -1, place);
  }

  void CheckValue(const FieldPlan& plan,
                  const pb::Message& message,
                  const pb::Reflection& reflection,
                  int index,
                  const Place& place) {
    const Field* field = plan.field;
    switch (field->cpp_type()) {
      case Field::CPPTYPE_STRING: {
        std::string scratch;
        const std::string& text =
            index < 0 ? reflection.GetStringReference(message, field, &scratch)
                      : reflection.GetRepeatedStringReference(message, field, index, &scratch);
        return CheckText(plan, text, place);
      }
      case Field::CPPTYPE_MESSAGE:
        if (plan.child->checks_nothing) return;
        return CheckMessage(*plan.child,
                            index < 0 ? reflection.GetMessage(message, field)
                                      : reflection.GetRepeatedMessage(message, field, index),
                            &place);
      case Field::CPPTYPE_ENUM: {
        const int value = index < 0 ? reflection.GetEnumValue(message, field)
                                    : reflection.GetRepeatedEnumValue(message, field, index);
        if (field->enum_type()->FindValueByNumber(value) == nullptr) {
          Add(place, "is none of the known values");
        } else if (index >= 0 && plan.required && value == 0) {
          Add(place, "is required");
        }
        return;
      }
      case Field::CPPTYPE_BOOL:
        return;
      default:
        return CheckNumber(plan, Number(message, reflection, field, index), place);
    }
  }

  static double Number(const pb::Message& message,
                       const pb::Reflection& reflection,
                       const Field* field,
                       int i) {
    switch (field->cpp_type()) {
      case Field::CPPTYPE_INT32:
        return i < 0 ? reflection.GetInt32(message, field)
                     : reflection.GetRepeatedInt32(message, field, i);
      case Field::CPPTYPE_UINT32:
        return i < 0 ? reflection.GetUInt32(message, field)
                     : reflection.GetRepeatedUInt32(message, field, i);
      case Field::CPPTYPE_INT64:
        return static_cast<double>(i < 0 ? reflection.GetInt64(message, field)
                                         : reflection.GetRepeatedInt64(message, field, i));
      case Field::CPPTYPE_UINT64:
        return static_cast<double>(i < 0 ? reflection.GetUInt64(message, field)
                                         : reflection.GetRepeatedUInt64(message, field, i));
      case Field::CPPTYPE_FLOAT:
        return i < 0 ? reflection.GetFloat(message, field)
                     : reflection.GetRepeatedFloat(message, field, i);
      default:
        return i < 0 ? reflection.GetDouble(message, field)
                     : reflection.GetRepeatedDouble(message, field, i);
    }
  }

  void CheckText(const FieldPlan& plan, const std::string& text, const Place& place) {
    // Bytes are at least code points, so most texts need no counting.
    if (plan.max_length != 0 && text.size() > plan.max_length &&
        CodePoints(text) > plan.max_length) {
      return Add(place, "must have at most " + Count(plan.max_length, "character", "characters"));
    }
    if (plan.min_length != 0 && CodePoints(text) < plan.min_length) {
      return Add(place, "must have at least " + Count(plan.min_length, "character", "characters"));
    }
    // PostgreSQL's text cannot hold it, and no name or comment needs it.
    if (plan.field->type() == Field::TYPE_STRING && text.find('\0') != std::string::npos) {
      return Add(place, "must not hold the character U+0000");
    }
    if (plan.pattern == nullptr) return;
    const bool matches =
        text.empty() ? plan.pattern_takes_empty : re2::RE2::FullMatch(text, *plan.pattern);
    if (!matches) Add(place, "must have the form " + plan.pattern->pattern());
  }

  void CheckNumber(const FieldPlan& plan, double value, const Place& place) {
    if (!std::isfinite(value)) return Add(place, "must be a finite number");
    if (plan.minimum && value < *plan.minimum) {
      return Add(place, "must be at least " + FormatNumber(*plan.minimum));
    }
    if (plan.exclusive_minimum && value <= *plan.exclusive_minimum) {
      return Add(place, "must be greater than " + FormatNumber(*plan.exclusive_minimum));
    }
    if (plan.maximum && value > *plan.maximum) {
      return Add(place, "must be at most " + FormatNumber(*plan.maximum));
    }
  }
};

FieldPlan ReadRules(const Field* field) {
  FieldPlan plan;
  plan.field = field;
  plan.has_presence = field->has_presence();
  if (!field->options().HasExtension(vedette::field_rules)) return plan;
  const FieldRules& rule = field->options().GetExtension(vedette::field_rules);
  plan.required = rule.required();
  plan.min_length = rule.min_length();
  plan.max_length = rule.max_length();
  plan.min_items = rule.min_items();
  plan.max_items = rule.max_items();
  if (rule.has_minimum()) plan.minimum = rule.minimum();
  if (rule.has_maximum()) plan.maximum = rule.maximum();
  if (rule.has_exclusive_minimum()) plan.exclusive_minimum = rule.exclusive_minimum();
  if (!rule.pattern().empty()) {
    plan.pattern = std::make_unique<re2::RE2>(rule.pattern(), re2::RE2::Quiet);
    if (!plan.pattern->ok()) {
      throw std::invalid_argument(field->full_name() + ": the pattern does not compile");
    }
    plan.pattern_takes_empty = re2::RE2::FullMatch("", *plan.pattern);
  }
  return plan;
}

bool HasSomethingToCheck(const FieldPlan& plan) {
  if (plan.required || plan.min_length != 0 || plan.max_length != 0 || plan.min_items != 0 ||
      plan.max_items != 0 || plan.minimum || plan.maximum || plan.exclusive_minimum ||
      plan.pattern != nullptr) {
    return true;
  }
  switch (plan.field->cpp_type()) {
    case Field::CPPTYPE_DOUBLE:
    case Field::CPPTYPE_FLOAT:
    case Field::CPPTYPE_ENUM:
    case Field::CPPTYPE_STRING:
      return true;
    case Field::CPPTYPE_MESSAGE:
      return !plan.child->checks_nothing;
    default:
      return false;
  }
}

}  // namespace

Validator::Validator() = default;
Validator::~Validator() = default;

const Validator::Plan* Validator::Compile(const pb::Descriptor* type) {
  auto [entry, is_new] = plans_.try_emplace(type);
  // A type that contains itself meets its own, still empty plan here, and gets checked.
  if (!is_new) return entry->second.get();
  entry->second = std::make_unique<Plan>();
  Plan& plan = *entry->second;
  for (int i = 0; i < type->field_count(); ++i) {
    FieldPlan field = ReadRules(type->field(i));
    if (type->field(i)->message_type() != nullptr) {
      field.child = Compile(type->field(i)->message_type());
    }
    if (HasSomethingToCheck(field)) plan.fields.push_back(std::move(field));
  }
  plan.checks_nothing = plan.fields.empty();
  return &plan;
}

std::vector<FieldViolation> Validator::Check(const Plan& plan, const pb::Message& message) {
  if (plan.checks_nothing) return {};
  Checker checker;
  checker.CheckMessage(plan, message, nullptr);
  return std::move(checker.violations);
}

Error InvalidRequest(std::vector<FieldViolation> violations) {
  Error error{Code::kInvalidArgument, {}};
  if (!violations.empty()) {
    const FieldViolation& first = violations.front();
    error.message = first.field.empty() ? first.description : first.field + " " + first.description;
    if (violations.size() > 1) {
      error.message += ", and " + std::to_string(violations.size() - 1) + " more";
    }
    error.message += ".";
  }
  error.violations = std::move(violations);
  return error;
}

}  // namespace vedette::rpc
