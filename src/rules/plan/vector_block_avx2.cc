// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "rules/plan/opcode.h"
#include "rules/plan/operations.h"
#include "rules/plan/score_call.h"
#include "rules/plan/vector_block.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kLanes = 4;
using Numbers [[gnu::vector_size(32)]] = double;
using Integers [[gnu::vector_size(32)]] = std::int64_t;

// For the functions between push and pop alone; the rest of the program runs anywhere.
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

inline int MaskBits(Integers mask) { return _mm256_movemask_pd(reinterpret_cast<__m256d>(mask)); }

#include "rules/plan/vector_block.inc"

#pragma clang attribute pop

}  // namespace

VectorFunctions Avx2Functions() { return {RunBlock, ReadTruths}; }

}  // namespace vedette::rules
#endif
