// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "rules/live/alert.h"

namespace vedette::rules {

// Of an alert, what happened to it and why: `at` tells repeated changes under one key apart.
Id128 TransitionId(const Id128& alert,
                   TransitionKind kind,
                   std::uint64_t cause,
                   std::uint32_t cause_item,
                   Seconds at);

// Keys of anchors that are no observation: a visit by its code.
std::uint64_t AnchorKeyOf(std::string_view name);

}  // namespace vedette::rules
