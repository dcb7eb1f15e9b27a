// SPDX-License-Identifier: Apache-2.0
#include "kit/config/overrides.h"

#include <algorithm>
#include <string_view>

namespace vedette::config {
namespace {

// Copies the maps along the path and nothing else.
std::shared_ptr<const Node> Put(const Node* old, std::string_view path, const std::string& value) {
  if (path.empty()) {
    return std::make_shared<Node>(Node{Node::Kind::kScalar, {}, value, {}, {}});
  }
  const std::size_t dot = path.find('.');
  const std::string_view key = path.substr(0, dot);
  const std::string_view rest = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  auto map = std::make_shared<Node>();
  if (old != nullptr && old->kind == Node::Kind::kMap) *map = *old;
  map->kind = Node::Kind::kMap;
  const auto entry = std::ranges::find(map->entries, key, &Node::Entry::key);
  if (entry == map->entries.end()) {
    map->entries.push_back({std::string(key), {}, Put(nullptr, rest, value)});
  } else {
    entry->value = Put(entry->value.get(), rest, value);
  }
  return map;
}

bool IsPath(std::string_view path) {
  return !path.empty() && !path.starts_with('.') && !path.ends_with('.') &&
         path.find("..") == std::string_view::npos;
}

}  // namespace

std::shared_ptr<const Node> ApplyOverrides(std::shared_ptr<const Node> root,
                                           const std::vector<std::string>& overrides,
                                           std::vector<Problem>& problems) {
  for (const std::string& text : overrides) {
    const std::size_t equals = text.find('=');
    const std::string path = text.substr(0, equals);
    if (equals == std::string::npos || !IsPath(path)) {
      problems.push_back({{},
                          path,
                          "--set takes section.name=value, such as --set monitor.queue_limit=5; `" +
                              path + "` is not of that form"});
      continue;
    }
    root = Put(root.get(), path, text.substr(equals + 1));
  }
  return root;
}

}  // namespace vedette::config
