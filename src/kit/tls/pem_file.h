// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace vedette::tls {

// What the file holds; empty for an empty path. kInvalidArgument, naming the path, when it cannot
// be read. Blocking.
Result<std::string> ReadPemFile(const std::string& path);

}  // namespace vedette::tls
