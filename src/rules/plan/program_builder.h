// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <utility>

#include "rules/plan/opcode.h"
#include "rules/plan/program.h"

namespace vedette::rules {

// Writes programs by hand, for tests.
class ProgramBuilder {
 public:
  // Features come first.
  std::uint8_t Feature(RegisterKind kind) {
    ++program_.features;
    return Register(kind);
  }
  std::uint8_t Constant(RegisterKind kind, Slot value) {
    const std::uint8_t number = Register(kind);
    program_.constants.push_back({number, value});
    return number;
  }
  std::uint8_t Register(RegisterKind kind) {
    program_.kinds.push_back(kind);
    program_.frame_size = static_cast<std::uint32_t>(program_.kinds.size());
    return static_cast<std::uint8_t>(program_.kinds.size() - 1);
  }
  ProgramBuilder& Add(
      Opcode op, std::uint8_t to, std::uint8_t a = 0, std::uint8_t b = 0, std::int32_t c = 0) {
    program_.code.push_back({static_cast<std::uint8_t>(op), to, a, b, c});
    return *this;
  }
  Program Return(std::uint8_t a) {
    Add(Opcode::kReturn, 0, a);
    return std::move(program_);
  }

 private:
  Program program_;
};

}  // namespace vedette::rules
