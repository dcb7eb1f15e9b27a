// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kit/config/environment.h"

namespace vedette::config {

inline constexpr std::size_t kDocumentLimit = 1024 * 1024;

// Where a node stands; line 0 means that it came from a --set.
struct Position {
  int line = 0;
  int column = 0;
};

// A piece of a document. Immutable once parsed; an alias shares the node of its anchor, so a
// document never grows by its aliases.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry {
    std::string key;
    Position position;  // of the key
    std::shared_ptr<const Node> value;
  };

  Kind kind = Kind::kNull;
  Position position;
  std::string text;                                // of a scalar, before substitution
  std::vector<std::shared_ptr<const Node>> items;  // of a list
  std::vector<Entry> entries;                      // of a map, in the order of the file
};

// One thing wrong with a configuration.
struct Problem {
  Position position;
  std::string path;  // "monitor.queue_limit"
  std::string text;  // a sentence for people
};

// A parsed configuration file, not yet held against any struct.
struct Document {
  std::string origin;  // for messages: the file's name
  EnvLookup env = ProcessEnvironment();
  std::shared_ptr<const Node> root;  // a map; empty for an empty file
  std::vector<Problem> problems;     // repeated keys; Loader::Finish reports them with its own
};

// Reads YAML: one document that is a map, at most 1 MiB and 32 levels deep. The error of malformed
// YAML tells line and column.
Result<Document> LoadText(std::string_view text,
                          std::string origin,
                          EnvLookup env = ProcessEnvironment());
Result<Document> LoadFile(const std::string& path, EnvLookup env = ProcessEnvironment());

}  // namespace vedette::config
