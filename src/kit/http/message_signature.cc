// SPDX-License-Identifier: Apache-2.0
#include "kit/http/message_signature.h"

#include <algorithm>
#include <vector>

namespace vedette::http {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

std::string PathOf(const SignedMessage& message) {
  return message.path.empty() ? "/" : std::string(message.path);
}

// Derived components, RFC 9421 §2.2.
std::optional<std::string> Derived(std::string_view name, const SignedMessage& message) {
  if (name == "@status") {
    if (message.status == 0) return std::nullopt;
    return std::to_string(message.status);
  }
  if (message.method.empty()) return std::nullopt;
  if (name == "@method") return std::string(message.method);
  if (name == "@path") return PathOf(message);
  if (name == "@query") return '?' + std::string(message.query);
  if (name == "@request-target") {
    std::string target = PathOf(message);
    if (!message.query.empty()) target.append("?").append(message.query);
    return target;
  }
  if (name == "@target-uri" && !message.target_uri.empty()) return std::string(message.target_uri);
  if (name == "@authority") {
    auto host = FieldValue(message.headers, "host");
    if (host) return Lower(*std::move(host));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FieldValue(const Headers& headers, std::string_view name) {
  std::optional<std::string> value;
  for (const auto& [key, line] : headers.all()) {
    if (!EqualsNoCase(key, name)) continue;
    if (value) {
      value->append(", ").append(Trim(line));
    } else {
      value.emplace(Trim(line));
    }
  }
  return value;
}

std::optional<std::string> SignatureBase(const SfInnerList& covered, const SignedMessage& message) {
  std::string base;
  std::vector<std::string_view> seen;
  for (const SfItem& item : covered.items) {
    const auto* name = std::get_if<std::string>(&item.value);
    if (name == nullptr || name->empty() || !item.parameters.empty()) return std::nullopt;
    if (std::ranges::find(seen, *name) != seen.end() || Lower(*name) != *name) return std::nullopt;
    seen.push_back(*name);
    const auto value =
        name->front() == '@' ? Derived(*name, message) : FieldValue(message.headers, *name);
    if (!value) return std::nullopt;
    base.append(Serialize(item)).append(": ").append(*value).append("\n");
  }
  base.append("\"@signature-params\": ").append(Serialize(covered));
  return base;
}

bool Covers(const SfInnerList& covered, std::string_view component) {
  return std::ranges::any_of(covered.items, [component](const SfItem& item) {
    const auto* name = std::get_if<std::string>(&item.value);
    return name != nullptr && *name == component && item.parameters.empty();
  });
}

}  // namespace vedette::http
