// SPDX-License-Identifier: Apache-2.0
#include "kit/http/router.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "kit/http/percent.h"

namespace vedette::http {
namespace {

constexpr std::size_t kMaxSegments = 64;

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  segments.reserve(8);
  path.remove_prefix(1);  // the leading slash
  if (path.empty()) return segments;
  for (;;) {
    const std::size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

struct Leaf {
  std::string verb;  // empty: none
  const Router::Route* route;
  std::vector<std::string> names;
};

// A tree by segment. A request visits each node at most once, whatever its path.
struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> variable;
  std::vector<Leaf> leaves;    // patterns that end here
  std::vector<Leaf> prefixes;  // patterns that end here in "/**"
};

struct Search {
  std::string_view method;
  const std::vector<std::string_view>& raw;
  const std::vector<std::string>& decoded;
  // The last segment without its verb, when there is one.
  std::string_view verb;
  std::string stem;

  std::vector<std::string_view> values = {};  // of the variables on the way here
  const Leaf* found = nullptr;
  std::vector<std::string> found_values = {};
  std::vector<std::string_view> allowed = {};

  bool Take(const std::vector<Leaf>& leaves, std::string_view wanted_verb, std::string_view rest) {
    for (const Leaf& leaf : leaves) {
      if (leaf.verb != wanted_verb) continue;
      if (leaf.route->method == method) {
        found = &leaf;
        found_values.assign(values.begin(), values.end());
        if (leaf.names.size() > values.size()) found_values.emplace_back(rest);
        return true;
      }
      if (std::ranges::find(allowed, leaf.route->method) == allowed.end()) {
        allowed.push_back(leaf.route->method);
      }
    }
    return false;
  }

  std::string Rest(std::size_t depth) const {
    std::string rest;
    for (std::size_t i = depth; i < decoded.size(); ++i) {
      if (i > depth) rest += '/';
      rest += decoded[i];
    }
    return rest;
  }

  bool Step(const Node& node,
            std::size_t depth,
            std::string_view segment,
            std::string_view use_verb) {
    if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
      if (Visit(*literal->second, depth + 1, use_verb)) return true;
    }
    if (!node.variable || segment.empty()) return false;
    values.push_back(segment);
    if (Visit(*node.variable, depth + 1, use_verb)) return true;
    values.pop_back();
    return false;
  }

  bool Visit(const Node& node, std::size_t depth, std::string_view use_verb) {
    if (depth == decoded.size()) {
      if (Take(node.leaves, use_verb, {})) return true;
      return use_verb.empty() && Take(node.prefixes, {}, {});
    }
    const bool last = depth + 1 == decoded.size();
    if (last && !verb.empty() && Step(node, depth, stem, verb)) return true;
    if (Step(node, depth, decoded[depth], {})) return true;
    return Take(node.prefixes, {}, node.prefixes.empty() ? std::string() : Rest(depth));
  }
};

}  // namespace

struct Router::Impl {
  Node root;
  std::vector<std::unique_ptr<Route>> routes;
};

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;

std::size_t Router::size() const { return impl_->routes.size(); }

void Router::Add(std::string method, std::string pattern, Handler handler, RouteOptions options) {
  const auto defect = [&pattern](std::string_view what) {
    return std::invalid_argument("route " + pattern + ": " + std::string(what));
  };
  if (!pattern.starts_with('/')) throw defect("does not begin with a slash");
  std::string_view shape = pattern;
  const bool prefix = shape.ends_with("/**");
  if (prefix) shape.remove_suffix(3);
  std::string verb;
  if (const auto colon = shape.rfind(':');
      !prefix && colon != std::string_view::npos && colon > shape.rfind('/')) {
    verb = shape.substr(colon + 1);
    if (verb.empty()) throw defect("has an empty verb");
    shape = shape.substr(0, colon);
  }
  Node* node = &impl_->root;
  std::vector<std::string> names;
  for (const std::string_view segment :
       shape.empty() ? std::vector<std::string_view>() : Split(shape)) {
    if (segment.empty()) throw defect("has an empty segment");
    std::unique_ptr<Node>* child = nullptr;
    if (segment.front() == '{') {
      const std::string_view name = segment.substr(1, segment.size() - 2);
      if (segment.back() != '}' || name.empty() ||
          name.find_first_of("{}=*") != std::string_view::npos) {
        throw defect("has a malformed variable");
      }
      if (std::ranges::find(names, name) != names.end()) throw defect("names a variable twice");
      names.emplace_back(name);
      child = &node->variable;
    } else {
      if (segment.find_first_of("{}*") != std::string_view::npos) {
        throw defect("has a variable that is not a whole segment");
      }
      child = &node->literals[std::string(segment)];
    }
    if (!*child) *child = std::make_unique<Node>();
    node = child->get();
  }
  if (prefix) names.emplace_back("**");
  std::vector<Leaf>& leaves = prefix ? node->prefixes : node->leaves;
  for (const Leaf& leaf : leaves) {
    if (leaf.verb == verb && leaf.route->method == method) throw defect("is there already");
  }
  impl_->routes.push_back(std::make_unique<Route>(Route{
      std::move(method), std::move(pattern), std::move(handler), options, impl_->routes.size()}));
  leaves.push_back({std::move(verb), impl_->routes.back().get(), std::move(names)});
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) {
    match.malformed = true;
    return match;
  }
  const std::vector<std::string_view> raw = Split(path);
  if (raw.size() > kMaxSegments) return match;
  std::vector<std::string> decoded;
  decoded.reserve(raw.size());
  for (const std::string_view segment : raw) {
    if (segment.find('%') == std::string_view::npos) {
      decoded.emplace_back(segment);
      continue;
    }
    std::optional<std::string> text = PercentDecode(segment);
    if (!text) {
      match.malformed = true;
      return match;
    }
    decoded.push_back(*std::move(text));
  }
  Search search{.method = method, .raw = raw, .decoded = decoded, .verb = {}, .stem = {}};
  if (!raw.empty()) {
    // An escaped colon belongs to the name, so the verb is cut off before decoding.
    if (const auto colon = raw.back().rfind(':'); colon != std::string_view::npos) {
      search.verb = raw.back().substr(colon + 1);
      search.stem = PercentDecode(raw.back().substr(0, colon)).value_or(std::string());
    }
  }
  if (search.Visit(impl_->root, 0, {})) {
    match.route = search.found->route;
    match.variables.reserve(search.found->names.size());
    for (std::size_t i = 0; i < search.found->names.size(); ++i) {
      match.variables.emplace_back(search.found->names[i], std::move(search.found_values[i]));
    }
    return match;
  }
  if (method == "HEAD") return Find("GET", path);
  std::ranges::sort(search.allowed);
  for (const std::string_view allowed : search.allowed) {
    if (!match.allowed_methods.empty()) match.allowed_methods += ", ";
    match.allowed_methods += allowed;
  }
  return match;
}

}  // namespace vedette::http
