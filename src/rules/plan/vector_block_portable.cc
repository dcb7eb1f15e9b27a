// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "rules/plan/opcode.h"
#include "rules/plan/operations.h"
#include "rules/plan/score_call.h"
#include "rules/plan/vector_block.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kLanes = 2;
using Numbers [[gnu::vector_size(16)]] = double;
using Integers [[gnu::vector_size(16)]] = std::int64_t;

inline int MaskBits(Integers mask) { return static_cast<int>((mask[0] & 1) | (mask[1] & 2)); }

#include "rules/plan/vector_block.inc"

}  // namespace

VectorFunctions PortableFunctions() { return {RunBlock, ReadTruths}; }

}  // namespace vedette::rules
