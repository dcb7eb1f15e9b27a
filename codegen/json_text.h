// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::codegen {

inline std::string JsonString(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// Members in the order they are added; values are JSON already.
class JsonObject {
 public:
  JsonObject& Add(std::string name, std::string json) {
    members_.emplace_back(std::move(name), std::move(json));
    return *this;
  }
  JsonObject& AddText(std::string name, std::string_view text) {
    return Add(std::move(name), JsonString(text));
  }
  bool empty() const { return members_.empty(); }

  std::string ToString() const {
    std::string out = "{";
    for (const auto& [name, json] : members_) {
      if (out.size() > 1) out += ',';
      out += JsonString(name) + ":" + json;
    }
    return out + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

class JsonArray {
 public:
  void Add(std::string json) { values_.push_back(std::move(json)); }
  bool empty() const { return values_.empty(); }

  std::string ToString() const {
    std::string out = "[";
    for (const std::string& json : values_) {
      if (out.size() > 1) out += ',';
      out += json;
    }
    return out + "]";
  }

 private:
  std::vector<std::string> values_;
};

}  // namespace vedette::codegen
