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
inline constexpr std::size_t kMaxInstructions = 32'768;

// What a register holds, at every step of a program.
enum class RegisterKind : std::uint8_t {
  kNumber,   // SlotKind::kNumber
  kInteger,  // SlotKind::kInteger, kTime, kDuration
  kTruth,    // SlotKind::kTruth
};

// One instruction of the register machine: frame[to] = frame[a] op frame[b], `c` a third register,
// a jump or the index of a score function. 8 bytes. `op` is an Opcode (plan/opcode.h).
struct Instruction {
  std::uint8_t op;
  std::uint8_t to;
  std::uint8_t a;
  std::uint8_t b;
  std::int32_t c;
  bool operator==(const Instruction&) const = default;
};

// A verified program: every register is below frame_size and of the kind its instructions ask for,
// each is written before it is read on every path, features and constants are never written, every
// jump goes forward and inside, it ends with a return. Running it needs no checks and ends after at
// most code.size() steps. Registers: features, then constants and temporary values.
struct Program {
  std::vector<Instruction> code;
  std::vector<std::pair<std::uint8_t, Slot>> constants;
  std::vector<RegisterKind> kinds;  // by register
  std::uint32_t features = 0;
  std::uint32_t frame_size = 0;
};

// Writes the constants; other slots are left alone.
void PrepareFrame(const Program& program, Slot* frame);
// Of a verified program, with its features and constants in the frame.
Truth RunProgram(const Program& program, Slot* frame);

// Whether the program is what the comment on Program promises; else what is wrong with it.
std::expected<void, std::string> VerifyProgram(const Program& program);

// A portable form, with its length and a checksum. Score functions are kept by name. Load refuses
// anything that is not verified.
std::string SaveProgram(const Program& program);
std::expected<Program, std::string> LoadProgram(std::string_view bytes);

}  // namespace vedette::rules
