// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "kit/profile/cpu_profile.h"

namespace vedette {

// An HTML page, without scripts and outside resources: the stacks of a profile as nested boxes as
// wide as their share, outermost on top, and below them the functions that took most themselves.
// `name` gives the function of a code address, empty for none; boxes below a thousandth are left
// out.
std::string RenderFlameGraph(const CpuProfile& profile,
                             const std::function<std::string(std::uint64_t address)>& name);

}  // namespace vedette
