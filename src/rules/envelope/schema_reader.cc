// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/schema_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/suggest.h"
#include "rules/envelope/duration_text.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kMaxWord = 64;

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

std::string Quote(std::string_view field) { return "'" + std::string(field) + "'"; }

// The text of a plain or quoted scalar read whole as a T.
template <class T>
std::optional<T> ReadWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string JoinChoices(std::span<const std::string_view> choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

void SchemaReader::Report(std::string code,
                          Span span,
                          std::string message,
                          std::string suggestion) {
  diagnostics_->push_back(
      {Gravity::kError, std::move(code), span, std::move(message), std::move(suggestion)});
}

std::optional<std::string> SchemaReader::Text(const YamlNode& node,
                                              std::string_view field,
                                              std::size_t max_bytes) {
  if (node.kind != YamlNode::Kind::kScalar || node.IsNull()) {
    Report("wrong_type", node.span,
           Quote(field) + " is a text, and this is " + std::string(KindText(node)));
    return std::nullopt;
  }
  if (node.text.size() > max_bytes) {
    Report("too_long", node.span,
           Quote(field) + " is longer than " + std::to_string(max_bytes) + " bytes");
    return std::nullopt;
  }
  if (std::ranges::any_of(node.text, IsControl)) {
    Report("bad_character", node.span, Quote(field) + " holds a control character", "remove it");
    return std::nullopt;
  }
  return node.text;
}

std::optional<std::string> SchemaReader::Word(const YamlNode& node, std::string_view field) {
  const std::optional<std::string> text = Text(node, field);
  if (!text) return std::nullopt;
  if (text->empty() || text->size() > kMaxWord || !std::ranges::all_of(*text, IsWordCharacter) ||
      std::isalnum(static_cast<unsigned char>((*text)[0])) == 0) {
    Report("bad_word", node.span,
           Quote(field) + " is a word of up to 64 letters, digits, '.', '_' and '-'");
    return std::nullopt;
  }
  return text;
}

std::optional<std::int64_t> SchemaReader::Integer(const YamlNode& node,
                                                  std::string_view field,
                                                  std::int64_t low,
                                                  std::int64_t high) {
  const std::optional<std::string> text = Text(node, field);
  if (!text) return std::nullopt;
  const std::optional<std::int64_t> value = ReadWhole<std::int64_t>(*text);
  if (!value || *value < low || *value > high) {
    Report("bad_number", node.span,
           Quote(field) + " is a whole number from " + std::to_string(low) + " to " +
               std::to_string(high));
    return std::nullopt;
  }
  return value;
}

std::optional<double> SchemaReader::Number(const YamlNode& node, std::string_view field) {
  const std::optional<std::string> text = Text(node, field);
  if (!text) return std::nullopt;
  const std::optional<double> value = ReadWhole<double>(*text);
  if (!value || !std::isfinite(*value)) {
    Report("bad_number", node.span, Quote(field) + " is a number");
    return std::nullopt;
  }
  return value;
}

std::optional<bool> SchemaReader::Boolean(const YamlNode& node, std::string_view field) {
  const std::optional<std::string> text = Text(node, field);
  if (!text) return std::nullopt;
  if (*text != "true" && *text != "false") {
    Report("bad_boolean", node.span, Quote(field) + " is true or false");
    return std::nullopt;
  }
  return *text == "true";
}

std::optional<Seconds> SchemaReader::Duration(const YamlNode& node, std::string_view field) {
  const std::optional<std::string> text = Text(node, field);
  if (!text) return std::nullopt;
  const std::optional<Seconds> value = ParseDuration(*text);
  if (!value) {
    Report("bad_duration", node.span, Quote(field) + " is a duration",
           "write it as 30m, 2h, 14d, 1w or 1d12h");
  }
  return value;
}

std::optional<std::size_t> SchemaReader::Choice(const YamlNode& node,
                                                std::string_view field,
                                                std::span<const std::string_view> choices) {
  const std::optional<std::string> text = Text(node, field);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(choices, *text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  const std::string_view near = Suggest(*text, choices);
  Report("bad_choice", node.span, Quote(field) + " is " + JoinChoices(choices),
         near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
  return std::nullopt;
}

std::vector<std::string> SchemaReader::Texts(const YamlNode& node, std::string_view field) {
  std::vector<std::string> texts;
  if (node.kind != YamlNode::Kind::kList) {
    if (std::optional<std::string> text = Text(node, field)) texts.push_back(std::move(*text));
    return texts;
  }
  for (const YamlNode& item : node.items) {
    if (std::optional<std::string> text = Text(item, field)) texts.push_back(std::move(*text));
  }
  return texts;
}

bool SchemaReader::IsMap(const YamlNode& node, std::string_view field) {
  if (node.kind == YamlNode::Kind::kMap) return true;
  Report("wrong_type", node.span,
         Quote(field) + " is a map of keys and values, and this is " + std::string(KindText(node)));
  return false;
}

bool SchemaReader::IsList(const YamlNode& node, std::string_view field) {
  if (node.kind == YamlNode::Kind::kList) return true;
  Report("wrong_type", node.span,
         Quote(field) + " is a list, and this is " + std::string(KindText(node)));
  return false;
}

void SchemaReader::KnownKeys(const YamlNode& map, std::span<const std::string_view> known) {
  for (const YamlEntry& entry : map.entries) {
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    const std::string_view near = Suggest(entry.key, known);
    Report("unknown_key", entry.key_span, "unknown key '" + entry.key + "'",
           near.empty() ? "keys here are " + JoinChoices(known)
                        : "did you mean '" + std::string(near) + "'?");
  }
}

const YamlNode* SchemaReader::Required(const YamlNode& map,
                                       std::string_view key,
                                       std::string_view of) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) {
    Report("missing_key", {map.span.begin, map.span.begin},
           std::string(of) + " needs " + Quote(key), "");
  }
  return node;
}

}  // namespace vedette::rules
