// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "rules/catalog.h"
#include "rules/clinical/change.h"
#include "rules/rule.h"

namespace vedette::rules {

// What a rule's test gives, as changes in the order in which they become known. The same item and
// time is the same observation: the later line corrects it. An error says what does not fit the
// catalog.
std::expected<std::vector<Change>, std::string> MakeTestChanges(std::span<const TestGiven> given,
                                                                const Catalog& catalog);

}  // namespace vedette::rules
