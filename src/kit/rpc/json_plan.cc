// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/json_plan.h"

#include <algorithm>
#include <numeric>

namespace vedette::rpc {
namespace {

// Levenshtein's distance.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

JsonCodec::JsonCodec() = default;
JsonCodec::~JsonCodec() = default;

const JsonCodec::Plan& JsonCodec::Compile(const google::protobuf::Descriptor* type) {
  const std::lock_guard lock(mutex_);
  return CompileLocked(type);
}

const JsonCodec::Plan& JsonCodec::CompileLocked(const google::protobuf::Descriptor* type) {
  auto [entry, is_new] = plans_.try_emplace(type);
  if (!is_new) return *entry->second;
  entry->second = std::make_unique<Plan>();
  Plan& plan = *entry->second;
  plan.type = type;
  for (int i = 0; i < type->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type->field(i);
    JsonField compiled{field, "\"" + field->json_name() + "\":", field->is_repeated(),
                       field->has_presence(), nullptr};
    if (field->message_type() != nullptr) compiled.child = &CompileLocked(field->message_type());
    plan.names.emplace(field->json_name(), plan.fields.size());
    plan.names.emplace(field->name(), plan.fields.size());
    plan.fields.push_back(std::move(compiled));
  }
  return plan;
}

std::string UnknownField(const JsonCodec::Plan& plan, std::string_view name) {
  constexpr std::size_t kLongestName = 64;
  if (name.size() > kLongestName) return "is not known";
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const JsonField& field : plan.fields) {
    const std::size_t distance = Distance(name, field.field->json_name());
    if (distance >= best_distance) continue;
    best = &field.field->json_name();
    best_distance = distance;
  }
  return best == nullptr ? "is not known" : "is not known; did you mean " + *best + "?";
}

std::optional<FieldViolation> JsonCodec::ReadText(const Plan& plan,
                                                  std::string_view name,
                                                  std::string_view text,
                                                  google::protobuf::Message& message) {
  const JsonField* field = plan.Find(name);
  if (field == nullptr || field->child != nullptr) {
    return FieldViolation{std::string(name), UnknownField(plan, name)};
  }
  std::string wrong = SetFromText(*field->field, text, message);
  if (wrong.empty()) return std::nullopt;
  return FieldViolation{field->field->json_name(), std::move(wrong)};
}

}  // namespace vedette::rpc
