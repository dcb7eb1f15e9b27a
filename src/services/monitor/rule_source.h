// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "services/monitor/rule_book.h"

namespace vedette::monitor {

// The version's definition compiled with a catalog; nullptr when it does not fit it.
std::shared_ptr<const rules::Rule> CompileVersion(
    const KnownRule& version, const std::shared_ptr<const rules::Catalog>& catalog);

}  // namespace vedette::monitor
