// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kit/config/document.h"

namespace vedette::config {

// The tree with each "path=value" put in its place, sections made where they are missing. A text
// that is not path=value becomes a problem. Later ones win.
std::shared_ptr<const Node> ApplyOverrides(std::shared_ptr<const Node> root,
                                           const std::vector<std::string>& overrides,
                                           std::vector<Problem>& problems);

}  // namespace vedette::config
