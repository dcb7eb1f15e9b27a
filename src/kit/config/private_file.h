// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vedette::config {

inline constexpr std::size_t kPrivateFileLimit = 64 * 1024;

// The bytes of a file that holds a secret. kFailedPrecondition, with what to do, when users outside
// its owner and group may read or write it; kNotFound when it is absent; kInvalidArgument when it
// is not a regular file, is over 64 KiB or cannot be read. Blocking.
Result<std::string> ReadPrivateFile(const std::string& path);

// Writes a new file with mode 0600, synced, whole or not at all. kAlreadyExists when the path is
// taken. Blocking.
Status WritePrivateFile(const std::string& path, std::string_view content);

// Without white space at both ends.
std::string_view Trim(std::string_view text);

}  // namespace vedette::config
