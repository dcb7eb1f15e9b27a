// SPDX-License-Identifier: Apache-2.0
#include "kit/config/apply.h"

#include <algorithm>

#include "base/suggest.h"
#include "kit/config/private_file.h"
#include "kit/config/value.h"

namespace vedette::config {
namespace {

constexpr std::size_t kQuotedLength = 40;

const Node* Find(const Node* map, std::string_view name) {
  if (map == nullptr) return nullptr;
  const auto entry = std::ranges::find(map->entries, name, &Node::Entry::key);
  return entry == map->entries.end() ? nullptr : entry->value.get();
}

std::string DidYouMean(std::string_view wrong, const std::vector<std::string_view>& names) {
  const std::string_view meant = Suggest(wrong, names);
  return meant.empty() ? "" : "; did you mean `" + std::string(meant) + "`?";
}

std::string WithRange(std::string_view what, const FieldOptions& options, RangeUnit unit) {
  const std::string range = FormatRange(options, unit);
  return std::string(what) + (range.empty() ? "" : " " + range);
}

}  // namespace

Applier::Applier(const Document& document, std::vector<Problem>& problems)
    : document_(document), problems_(problems) {
  frames_.push_back({"", document.root.get(), {}});
}

void Applier::Field(std::string_view name, bool& value, FieldOptions) {
  constexpr std::string_view kExpected = "true or false";
  const auto text = TakeScalar(name, kExpected);
  if (!text) return;
  if (const auto parsed = ParseBool(text->text)) {
    value = *parsed;
  } else {
    ReportValue(*Take(name), PathOf(name), kExpected, *text);
  }
}

void Applier::Field(std::string_view name, std::int64_t& value, FieldOptions options) {
  const std::string expected = WithRange("a whole number", options, RangeUnit::kNumber);
  const auto text = TakeScalar(name, expected);
  if (!text) return;
  const auto parsed = ParseInteger(text->text);
  if (parsed && InRange(static_cast<double>(*parsed), options)) {
    value = *parsed;
  } else {
    ReportValue(*Take(name), PathOf(name), expected, *text);
  }
}

void Applier::Field(std::string_view name, double& value, FieldOptions options) {
  const std::string expected = WithRange("a number", options, RangeUnit::kNumber);
  const auto text = TakeScalar(name, expected);
  if (!text) return;
  const auto parsed = ParseNumber(text->text);
  if (parsed && InRange(*parsed, options)) {
    value = *parsed;
  } else {
    ReportValue(*Take(name), PathOf(name), expected, *text);
  }
}

void Applier::Field(std::string_view name, std::string& value, FieldOptions options) {
  const auto text = TakeScalar(name, "text");
  if (!text) return;
  value = text->text;
  CheckChoice(*Take(name), PathOf(name), value, options);
}

void Applier::Field(std::string_view name, std::chrono::milliseconds& value, FieldOptions options) {
  const std::string expected =
      WithRange("a duration such as 250ms, 10s, 5m or 1h,", options, RangeUnit::kDuration);
  const auto text = TakeScalar(name, expected);
  if (!text) return;
  const auto parsed = ParseDuration(text->text);
  if (parsed && InRange(static_cast<double>(parsed->count()), options)) {
    value = *parsed;
  } else {
    ReportValue(*Take(name), PathOf(name), expected, *text);
  }
}

void Applier::Field(std::string_view name, std::vector<std::string>& value, FieldOptions options) {
  const Node* node = Take(name);
  if (node == nullptr) return;
  value = ListItems(*node, PathOf(name));
  for (const std::string& item : value) CheckChoice(*node, PathOf(name), item, options);
}

void Applier::Field(std::string_view name, Sensitive<std::string>& value, FieldOptions) {
  const std::string file_name = std::string(name) + "_file";
  const Node* direct = Take(name);
  const Node* file = Take(file_name);
  if (direct != nullptr && file != nullptr) {
    Report(*file, PathOf(file_name), "is given together with `" + PathOf(name) + "`; keep one");
    return;
  }
  if (file != nullptr) ReadSecretFromFile(*file, PathOf(file_name), value);
  if (direct == nullptr) return;
  if (direct->kind != Node::Kind::kScalar || !IsBareReference(direct->text)) {
    Report(*direct, PathOf(name),
           "is a secret and must not stand in the configuration; write `" + file_name +
               ": /path/to/file` or `" + std::string(name) + ": ${ENVIRONMENT_VARIABLE}`");
    return;
  }
  if (auto text = Scalar(*direct, PathOf(name), "a secret")) {
    value = Sensitive<std::string>(std::move(text->text));
  }
}

void Applier::ReadSecretFromFile(const Node& node,
                                 const std::string& path,
                                 Sensitive<std::string>& value) {
  const auto file = Scalar(node, path, "the path of a file");
  if (!file) return;
  const auto content = ReadPrivateFile(file->text);
  if (!content) {
    Report(node, path, "cannot be used: " + content.error().message);
    return;
  }
  value = Sensitive<std::string>(std::string(Trim(*content)));
}

void Applier::FinishRoot() { CheckUnknown(frames_.front()); }

void Applier::Enter(std::string_view name, std::string_view) {
  const Node* node = Take(name);
  if (node != nullptr && node->kind != Node::Kind::kMap) {
    // A section whose lines are all commented out is as good as absent.
    if (node->kind != Node::Kind::kNull) {
      Report(*node, PathOf(name), "must be a section: lines of `name: value` below it");
    }
    node = nullptr;
  }
  frames_.push_back({PathOf(name), node, {}});
}

void Applier::Leave() {
  CheckUnknown(frames_.back());
  frames_.pop_back();
}

const Node* Applier::Take(std::string_view name) {
  Frame& frame = frames_.back();
  if (std::ranges::find(frame.known, name) == frame.known.end()) frame.known.emplace_back(name);
  return Find(frame.map, name);
}

std::optional<Substituted> Applier::TakeScalar(std::string_view name, std::string_view expected) {
  const Node* node = Take(name);
  if (node == nullptr) return std::nullopt;
  return Scalar(*node, PathOf(name), expected);
}

std::optional<Substituted> Applier::Scalar(const Node& node,
                                           const std::string& path,
                                           std::string_view expected) {
  if (node.kind == Node::Kind::kNull) {
    Report(node, path, "has no value; it must be " + std::string(expected));
    return std::nullopt;
  }
  if (node.kind != Node::Kind::kScalar) {
    Report(node, path,
           "must be " + std::string(expected) + ", not a " +
               (node.kind == Node::Kind::kList ? "list" : "section"));
    return std::nullopt;
  }
  auto text = Substitute(node.text, document_.env);
  if (!text) {
    Report(node, path, text.error().message);
    return std::nullopt;
  }
  return *std::move(text);
}

std::vector<std::string> Applier::ListItems(const Node& node, const std::string& path) {
  if (node.kind != Node::Kind::kList) {
    const auto text = Scalar(node, path, "a list");
    return text ? SplitList(text->text) : std::vector<std::string>();
  }
  std::vector<std::string> items;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto item = Scalar(*node.items[i], path + "[" + std::to_string(i) + "]", "text");
    if (item) items.push_back(std::move(item->text));
  }
  return items;
}

void Applier::CheckChoice(const Node& node,
                          const std::string& path,
                          const std::string& value,
                          const FieldOptions& options) {
  if (options.choices.empty() ||
      std::ranges::find(options.choices, value) != options.choices.end()) {
    return;
  }
  std::string text = "must be one of " + FormatChoices(options.choices);
  text += DidYouMean(value, options.choices);
  Report(node, path, std::move(text));
}

void Applier::CheckUnknown(const Frame& frame) {
  if (frame.map == nullptr) return;
  for (const Node::Entry& entry : frame.map->entries) {
    if (std::ranges::find(frame.known, entry.key) != frame.known.end()) continue;
    std::string text = (frame.path.empty() ? "unknown section `" : "unknown key `") + entry.key +
                       "` " + Where(entry.position);
    if (!frame.path.empty()) text += " in `" + frame.path + "`";
    text += DidYouMean(entry.key, {frame.known.begin(), frame.known.end()});
    const std::string path = frame.path.empty() ? entry.key : frame.path + "." + entry.key;
    problems_.push_back({entry.position, path, std::move(text)});
  }
}

std::string Applier::PathOf(std::string_view name) const {
  const std::string& path = frames_.back().path;
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string Applier::Where(Position position) const {
  if (position.line == 0) return "given by --set";
  return "at " + document_.origin + ":" + std::to_string(position.line) + ":" +
         std::to_string(position.column);
}

void Applier::Report(const Node& node, const std::string& path, std::string text) {
  problems_.push_back({node.position, path, "`" + path + "` " + Where(node.position) + " " + text});
}

void Applier::ReportValue(const Node& node,
                          const std::string& path,
                          std::string_view expected,
                          const Substituted& value) {
  std::string text = "must be " + std::string(expected);
  if (!value.used_environment && value.text.size() <= kQuotedLength) {
    text += (text.ends_with(',') ? " not \"" : ", not \"") + value.text + "\"";
  } else if (text.ends_with(',')) {
    text.pop_back();
  }
  Report(node, path, std::move(text));
}

}  // namespace vedette::config
