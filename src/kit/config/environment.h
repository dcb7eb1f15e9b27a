// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vedette::config {

// The value of an environment variable, or nullopt. Injected, so tests need no real environment.
using EnvLookup = std::function<std::optional<std::string>(std::string_view name)>;

// That of this process.
EnvLookup ProcessEnvironment();

struct Substituted {
  std::string text;
  bool used_environment = false;  // then `text` may be a secret and is not quoted in messages
};

// Replaces ${NAME} by the variable, and ${NAME:default} by the default where the variable is unset
// or empty; $${ is a literal ${. The error tells what is wrong, without a value.
Result<Substituted> Substitute(std::string_view text, const EnvLookup& env);

// Whether `text` is one ${NAME} or ${NAME:} and nothing else: what a secret may be written as.
bool IsBareReference(std::string_view text);

}  // namespace vedette::config
