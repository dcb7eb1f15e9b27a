// SPDX-License-Identifier: Apache-2.0
#include "kit/config/environment.h"

#include <algorithm>
#include <cstdlib>

namespace vedette::config {
namespace {

bool IsVariableName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

EnvLookup ProcessEnvironment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Result<Substituted> Substitute(std::string_view text, const EnvLookup& env) {
  Substituted result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t start = text.find("${", at);
    if (start == std::string_view::npos) break;
    if (start > at && text[start - 1] == '$') {
      result.text += text.substr(at, start - 1 - at);
      result.text += "${";
      at = start + 2;
      continue;
    }
    result.text += text.substr(at, start - at);
    const std::size_t end = text.find('}', start);
    if (end == std::string_view::npos) {
      return Fail(Code::kInvalidArgument, "has \"${\" without \"}\"; write $${ for a plain ${");
    }
    const std::string_view inside = text.substr(start + 2, end - start - 2);
    const std::size_t colon = inside.find(':');
    const std::string_view name = inside.substr(0, colon);
    if (!IsVariableName(name)) {
      return Fail(Code::kInvalidArgument,
                  "has ${…} without the name of an environment variable; write ${NAME} or "
                  "${NAME:default}");
    }
    const auto value = env ? env(name) : std::nullopt;
    if (value && (!value->empty() || colon == std::string_view::npos)) {
      result.text += *value;
      result.used_environment = true;
    } else if (colon != std::string_view::npos) {
      result.text += inside.substr(colon + 1);
    } else {
      return Fail(Code::kInvalidArgument,
                  "needs the environment variable " + std::string(name) + ", which is not set");
    }
    at = end + 1;
  }
  result.text += text.substr(at);
  return result;
}

bool IsBareReference(std::string_view text) {
  if (!text.starts_with("${") || !text.ends_with('}')) return false;
  std::string_view name = text.substr(2, text.size() - 3);
  if (name.ends_with(':')) name.remove_suffix(1);
  return IsVariableName(name);
}

}  // namespace vedette::config
