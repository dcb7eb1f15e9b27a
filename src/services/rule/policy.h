// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/rule/types.h"

namespace vedette::rule {

std::string_view StatusText(RuleStatus status);
Result<RuleStatus> ParseStatus(std::string_view text);

// SHA-256 of the canonical text, hexadecimal: one line "field length:value" for everything the rule
// says, numbers in shortest form, in the order of RuleSpec.
std::string ContentHash(const rules::RuleSpec& spec);

// What putting `number` (0: the newest) of these versions of one rule to work at `at` changes: the
// active version retires at the very moment the chosen one starts. Empty when it is active already.
// kNotFound for a version that is not there, kFailedPrecondition for a retired one.
Result<std::vector<StatusChange>> Activate(const std::vector<RuleVersion>& versions,
                                           std::int32_t number,
                                           Timestamp at);

// What ending the active version changes; empty when the newest that was active is retired already.
// kNotFound without versions, kFailedPrecondition when none was ever active.
Result<std::vector<StatusChange>> Retire(const std::vector<RuleVersion>& versions, Timestamp at);

// The version that `Activate(…, number)` means and the one that `Retire` means; nullptr for none.
const RuleVersion* Chosen(const std::vector<RuleVersion>& versions, std::int32_t number);
const RuleVersion* LastAtWork(const std::vector<RuleVersion>& versions);

// The version after the change.
RuleVersion Applied(RuleVersion version, const StatusChange& change);

}  // namespace vedette::rule
