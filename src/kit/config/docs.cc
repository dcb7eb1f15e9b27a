// SPDX-License-Identifier: Apache-2.0
#include "kit/config/docs.h"

#include <fmt/format.h>

#include <vector>

#include "kit/config/value.h"

namespace vedette::config {
namespace {

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|')
      out += "\\|";
    else if (c == '\n')
      out += ' ';
    else
      out.push_back(c);
  }
  return out;
}

std::string Code(std::string_view text) {
  return text.empty() ? std::string("empty") : "`" + Escaped(text) + "`";
}

}  // namespace

class Docs::Writer final : public config::Section {
 public:
  using config::Section::Field;

  void Field(std::string_view name, bool& value, FieldOptions options) override {
    Row(name, "boolean", value ? "`true`" : "`false`", "", options);
  }
  void Field(std::string_view name, std::int64_t& value, FieldOptions options) override {
    Row(name, "integer", Code(std::to_string(value)), FormatRange(options, RangeUnit::kNumber),
        options);
  }
  void Field(std::string_view name, double& value, FieldOptions options) override {
    Row(name, "number", Code(fmt::format("{}", value)), FormatRange(options, RangeUnit::kNumber),
        options);
  }
  void Field(std::string_view name, std::string& value, FieldOptions options) override {
    Row(name, "text", Code(value), FormatChoices(options.choices), options);
  }
  void Field(std::string_view name,
             std::chrono::milliseconds& value,
             FieldOptions options) override {
    Row(name, "duration", Code(FormatDuration(value)), FormatRange(options, RangeUnit::kDuration),
        options);
  }
  void Field(std::string_view name,
             std::vector<std::string>& value,
             FieldOptions options) override {
    std::string joined;
    for (const std::string& item : value) joined += (joined.empty() ? "" : ", ") + item;
    Row(name, "list", Code(joined), FormatChoices(options.choices), options);
  }
  void Field(std::string_view name, Sensitive<std::string>&, FieldOptions options) override {
    // A default secret is never shown.
    Row(std::string(name) + "_file", "path of a secret", "none", "", options);
  }

  std::string Markdown() const {
    std::string out;
    for (const Block& block : blocks_) {
      if (block.rows.empty() && block.text.empty()) continue;
      if (!out.empty()) out += "\n";
      if (!block.path.empty()) out += "## " + block.path + "\n\n";
      if (!block.text.empty()) out += block.text + "\n\n";
      if (block.rows.empty()) continue;
      out += "| name | type | default | range | meaning |\n|---|---|---|---|---|\n" + block.rows;
    }
    return out;
  }

 protected:
  void Enter(std::string_view name, std::string_view text) override {
    const std::string& parent = blocks_[open_.back()].path;
    blocks_.push_back({parent.empty() ? std::string(name) : parent + "." + std::string(name),
                       std::string(text), ""});
    open_.push_back(blocks_.size() - 1);
  }
  void Leave() override { open_.pop_back(); }

 private:
  struct Block {
    std::string path;
    std::string text;
    std::string rows;
  };

  void Row(std::string_view name,
           std::string_view type,
           std::string_view initial,
           std::string_view range,
           const FieldOptions& options) {
    blocks_[open_.back()].rows += fmt::format("| `{}` | {} | {} | {} | {} |\n", name, type, initial,
                                              range, Escaped(options.text));
  }

  std::vector<Block> blocks_{1};
  std::vector<std::size_t> open_{0};
};

Docs::Docs() : writer_(std::make_unique<Writer>()) {}
Docs::~Docs() = default;

config::Section& Docs::root() { return *writer_; }

std::string Docs::Markdown() const { return writer_->Markdown(); }

}  // namespace vedette::config
