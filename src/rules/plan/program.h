// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/plan/feature.h"

namespace vedette::rules {

inline constexpr std::size_t kMaxRegisters = 250;

// One instruction of the register machine: frame[to] = frame[a] op frame[b], `c` an immediate or a
// jump. 8 bytes.
struct Instruction {
  std::uint8_t op;
  std::uint8_t to;
  std::uint8_t a;
  std::uint8_t b;
  std::int32_t c;
  bool operator==(const Instruction&) const = default;
};

// A verified program: every register is below frame_size, every jump goes forward and inside, it
// ends with a return. Running it needs no checks and ends after at most code.size() steps.
struct Program {
  std::vector<Instruction> code;
  std::vector<std::pair<std::uint8_t, Slot>> constants;
  std::uint32_t features = 0;
  std::uint32_t frame_size = 0;
};

Truth RunProgram(const Program& program, Slot* frame);

// A portable form, with its length and a checksum. Load refuses anything that is not verified.
std::string SaveProgram(const Program& program);
std::expected<Program, std::string> LoadProgram(std::string_view bytes);

}  // namespace vedette::rules
