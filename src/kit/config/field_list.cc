// SPDX-License-Identifier: Apache-2.0
#include "kit/config/field_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "kit/config/value.h"

namespace vedette::config {

class FieldLister::Visitor final : public config::Section {
 public:
  using config::Section::Field;

  void Field(std::string_view name, bool& value, FieldOptions) override {
    Add(name, value ? "true" : "false");
  }
  void Field(std::string_view name, std::int64_t& value, FieldOptions) override {
    Add(name, std::to_string(value));
  }
  void Field(std::string_view name, double& value, FieldOptions) override {
    Add(name, fmt::format("{}", value));
  }
  void Field(std::string_view name, std::string& value, FieldOptions) override { Add(name, value); }
  void Field(std::string_view name, std::chrono::milliseconds& value, FieldOptions) override {
    Add(name, FormatDuration(value));
  }
  void Field(std::string_view name, std::vector<std::string>& value, FieldOptions) override {
    Add(name, fmt::format("{}", fmt::join(value, ", ")));
  }
  void Field(std::string_view name, Sensitive<std::string>&, FieldOptions) override {
    throw std::logic_error("the secret " + std::string(name) + " cannot be shown");
  }

  std::vector<FieldText> fields;

 protected:
  void Enter(std::string_view name, std::string_view) override { path_.emplace_back(name); }
  void Leave() override { path_.pop_back(); }

 private:
  void Add(std::string_view name, std::string value) {
    fields.push_back({fmt::format("{}{}{}", fmt::join(path_, "."), path_.empty() ? "" : ".", name),
                      std::move(value)});
  }

  std::vector<std::string> path_;
};

FieldLister::FieldLister() : visitor_(std::make_unique<Visitor>()) {}
FieldLister::~FieldLister() = default;
config::Section& FieldLister::root() { return *visitor_; }
std::vector<FieldText> FieldLister::Take() { return std::move(visitor_->fields); }

std::vector<FieldChange> Differences(const std::vector<FieldText>& before,
                                     const std::vector<FieldText>& after) {
  std::vector<FieldChange> changes;
  for (const FieldText& now : after) {
    const auto was = std::ranges::find(before, now.path, &FieldText::path);
    if (was == before.end()) {
      changes.push_back({now.path, "", now.value});
    } else if (was->value != now.value) {
      changes.push_back({now.path, was->value, now.value});
    }
  }
  return changes;
}

}  // namespace vedette::config
