// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/clinical/observation.h"
#include "rules/envelope/yaml_tree.h"
#include "rules/syntax/diagnostic.h"

namespace vedette::rules {

// Reads typed values out of a YAML tree and tells every one that does not fit with its place.
// Readers answer nullopt where they reported something.
class SchemaReader {
 public:
  static constexpr std::size_t kMaxText = std::size_t{64} * 1024;

  explicit SchemaReader(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  void Report(std::string code, Span span, std::string message, std::string suggestion = {});

  // A text without control characters except tab and line break.
  std::optional<std::string> Text(const YamlNode& node,
                                  std::string_view field,
                                  std::size_t max_bytes = kMaxText);
  // Letters, digits and . _ -, beginning with a letter or digit; up to 64.
  std::optional<std::string> Word(const YamlNode& node, std::string_view field);
  std::optional<std::int64_t> Integer(const YamlNode& node,
                                      std::string_view field,
                                      std::int64_t low,
                                      std::int64_t high);
  std::optional<double> Number(const YamlNode& node, std::string_view field);
  std::optional<bool> Boolean(const YamlNode& node, std::string_view field);
  std::optional<Seconds> Duration(const YamlNode& node, std::string_view field);
  // One of `choices`; the answer is its index.
  std::optional<std::size_t> Choice(const YamlNode& node,
                                    std::string_view field,
                                    std::span<const std::string_view> choices);
  // A list of texts, or a single one.
  std::vector<std::string> Texts(const YamlNode& node, std::string_view field);

  bool IsMap(const YamlNode& node, std::string_view field);
  bool IsList(const YamlNode& node, std::string_view field);
  // Tells every key that is none of `known`, with the nearest.
  void KnownKeys(const YamlNode& map, std::span<const std::string_view> known);
  // The value of a key that has to be there.
  const YamlNode* Required(const YamlNode& map, std::string_view key, std::string_view of);

 private:
  Diagnostics* diagnostics_;
};

// "a, b or c"
std::string JoinChoices(std::span<const std::string_view> choices);

}  // namespace vedette::rules
