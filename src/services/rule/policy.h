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

// The version that `number` names, the newest for 0; nullptr when there is none.
const RuleVersion* Chosen(const std::vector<RuleVersion>& versions, std::int32_t number);

// The active version, else the one that was active last; nullptr when none ever was.
const RuleVersion* LastAtWork(const std::vector<RuleVersion>& versions);

// Whether `user_id` may sign this version now: a draft whose tests pass and that has a back-test,
// written by somebody else, not signed by this person yet. kFailedPrecondition names all that is
// missing, kPermissionDenied the author.
Status MaySign(const RuleVersion& version, std::string_view user_id);

// Whether a back-test may take the place of the one attached: who signs stands for what was there.
bool MayAttach(const RuleVersion& version);

// Whether a draft may be put to work: signed by a second person, where that is asked for.
Status MayActivate(const RuleVersion& version, bool signature_required);

// What putting `number` (0: the newest) of these versions of one rule to work at `at` changes: the
// active version retires at the very moment the chosen one starts. Empty when it is active already.
// kNotFound, or kFailedPrecondition for a retired version and for one that may not.
Result<std::vector<StatusChange>> Activate(const std::vector<RuleVersion>& versions,
                                           std::int32_t number,
                                           Timestamp at,
                                           bool signature_required);

// What ending the active version changes; empty when it has ended already. kNotFound without
// versions, kFailedPrecondition when none was ever active.
Result<std::vector<StatusChange>> Retire(const std::vector<RuleVersion>& versions, Timestamp at);

// The version after the change.
RuleVersion Applied(RuleVersion version, const StatusChange& change);

}  // namespace vedette::rule
