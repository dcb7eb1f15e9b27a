// SPDX-License-Identifier: Apache-2.0
#include "kit/http/message.h"

#include <algorithm>

namespace vedette::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

void AppendJsonString(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    } else {
      out += c;
    }
  }
  out += '"';
}

void AppendMember(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  AppendJsonString(out, name);
  out += ':';
  AppendJsonString(out, value);
}

}  // namespace

bool EqualsNoCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

void Headers::Set(std::string name, std::string value) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!EqualsNoCase(entries_[i].first, name)) continue;
    entries_[i].second = std::move(value);
    const auto same = [&name](const auto& entry) { return EqualsNoCase(entry.first, name); };
    entries_.erase(
        std::remove_if(entries_.begin() + static_cast<std::ptrdiff_t>(i) + 1, entries_.end(), same),
        entries_.end());
    return;
  }
  entries_.emplace_back(std::move(name), std::move(value));
}

void Headers::Add(std::string name, std::string value) {
  entries_.emplace_back(std::move(name), std::move(value));
}

void Headers::Remove(std::string_view name) {
  std::erase_if(entries_, [name](const auto& entry) { return EqualsNoCase(entry.first, name); });
}

std::optional<std::string_view> Headers::Get(std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (EqualsNoCase(key, name)) return value;
  }
  return std::nullopt;
}

Response ProblemResponse(const Error& error) {
  const CodeEntry& entry = Describe(error.code);
  return ProblemResponse(error, entry.http_status, entry.title);
}

Response ProblemResponse(const Error& error, int status, std::string_view title) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/problem+json");
  if (error.retry_after) {
    // Whole seconds, rounded up: a client that comes back early is refused again.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count();
    response.headers.Add("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 0)));
  }
  std::string& body = response.body;
  body = "{";
  AppendMember(body, "type", "about:blank");
  AppendMember(body, "title", title);
  body += ",\"status\":" + std::to_string(status);
  AppendMember(body, "detail", error.message);
  AppendMember(body, "code", Describe(error.code).name);
  if (!error.violations.empty()) {
    body += ",\"errors\":[";
    for (const FieldViolation& violation : error.violations) {
      if (body.back() != '[') body += ',';
      body += '{';
      AppendMember(body, "field", violation.field);
      AppendMember(body, "description", violation.description);
      body += '}';
    }
    body += ']';
  }
  body += '}';
  return response;
}

}  // namespace vedette::http
