// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/syntax/diagnostic.h"

namespace vedette::rules {

struct YamlEntry;

// A node of a YAML document with its place in the text. Scalars keep their text: what it means is
// for the reader of the field to say, so "1.10" stays a version and "NO" a word.
struct YamlNode {
  enum class Kind : std::uint8_t { kScalar, kList, kMap };

  Kind kind = Kind::kScalar;
  Span span;                       // bytes of the text
  std::string text;                // of a scalar
  bool quoted = false;             // a scalar in quotes or a block: a text whatever it looks like
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in the order written; keys are unique

  bool IsNull() const {
    return kind == Kind::kScalar && !quoted && (text.empty() || text == "~" || text == "null");
  }
  // nullptr when there is none.
  const YamlNode* Find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Span key_span;
  YamlNode value;
};

struct YamlLimits {
  std::size_t max_bytes = std::size_t{1} << 20;
  std::size_t max_nodes = 100'000;
  std::uint32_t max_depth = 20;
};

// One document as a tree. Aliases, anchors, tags, a second document, keys that are no plain words
// and duplicate keys are errors. Survives any bytes; memory is linear in the text.
std::expected<YamlNode, Diagnostics> ParseYaml(std::string_view text,
                                               const YamlLimits& limits = {});

// "a map", "a list", "a text": for error texts.
std::string_view KindText(const YamlNode& node);

}  // namespace vedette::rules
