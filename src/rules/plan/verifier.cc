// SPDX-License-Identifier: Apache-2.0
#include <bitset>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "rules/plan/opcode.h"
#include "rules/plan/program.h"
#include "rules/scores/score_functions.h"

namespace vedette::rules {
namespace {

using Registers = std::bitset<kMaxRegisters>;
using Verdict = std::expected<void, std::string>;

Verdict Refuse(std::string why) { return std::unexpected(std::move(why)); }

// One pass over the code: as jumps only go forward, everything that can lead to an instruction has
// been seen when its turn comes.
class Verifier {
 public:
  explicit Verifier(const Program& program) : program_(program) {}

  Verdict Run() {
    if (Verdict shape = CheckShape(); !shape) return shape;
    if (Verdict constants = CheckConstants(); !constants) return constants;
    written_.resize(program_.code.size());
    reached_.resize(program_.code.size());
    Reach(0, initial_);
    for (std::size_t at = 0; at < program_.code.size(); ++at) {
      if (Verdict step = CheckInstruction(at); !step) {
        return Refuse("instruction " + std::to_string(at) + ": " + step.error());
      }
    }
    return {};
  }

 private:
  Verdict CheckShape() {
    if (program_.frame_size > kMaxRegisters) return Refuse("too many registers");
    if (program_.kinds.size() != program_.frame_size) return Refuse("a kind for each register");
    for (const RegisterKind kind : program_.kinds) {
      if (kind > RegisterKind::kTruth) return Refuse("a kind that is not known");
    }
    if (program_.features > program_.frame_size) return Refuse("more features than registers");
    if (program_.code.empty()) return Refuse("no instructions");
    if (program_.code.size() > kMaxInstructions) return Refuse("too many instructions");
    if (program_.code.back().op != static_cast<std::uint8_t>(Opcode::kReturn)) {
      return Refuse("does not end with a return");
    }
    return {};
  }

  Verdict CheckConstants() {
    for (std::size_t i = 0; i < program_.features; ++i) fixed_.set(i);
    for (const auto& [to, value] : program_.constants) {
      if (to >= program_.frame_size) return Refuse("a constant beyond the frame");
      if (fixed_.test(to)) return Refuse("a constant in the place of a feature or constant");
      if (program_.kinds[to] == RegisterKind::kTruth &&
          (value.integer < 0 || value.integer > static_cast<std::int64_t>(Truth::kTrue))) {
        return Refuse("a constant that is no truth");
      }
      fixed_.set(to);
    }
    initial_ = fixed_;
    return {};
  }

  // What is surely written at `at` is what every way to it has written.
  void Reach(std::size_t at, const Registers& written) {
    written_[at] = reached_[at] ? written_[at] & written : written;
    reached_[at] = true;
  }

  Verdict CheckInstruction(std::size_t at) {
    const Instruction& step = program_.code[at];
    if (step.op >= kOpcodeCount) return Refuse("no such operation");
    const OpcodeInfo& info = kOpcodes[step.op];
    if (!reached_[at]) return Refuse("is never reached");
    Registers written = written_[at];
    const char same = SameKind(step);
    if (Verdict read = CheckRead(step.a, info.a, same, written); !read) return read;
    if (Verdict read = CheckRead(step.b, info.b, same, written); !read) return read;
    if (Verdict third = CheckThird(at, step, info, written); !third) return third;
    if (Verdict write = CheckWrite(step.to, info.to, same); !write) return write;
    if (info.to != '.') written.set(step.to);
    const auto op = static_cast<Opcode>(step.op);
    if (info.c == 'J') Reach(static_cast<std::size_t>(step.c), written);
    if (op != Opcode::kReturn && op != Opcode::kJump) Reach(at + 1, written);
    return {};
  }

  char KindLetter(std::uint8_t number) const {
    switch (program_.kinds[number]) {
      case RegisterKind::kNumber:
        return 'N';
      case RegisterKind::kInteger:
        return 'I';
      case RegisterKind::kTruth:
        return 'T';
    }
    return '?';
  }

  char SameKind(const Instruction& step) const {
    return step.to < program_.frame_size ? KindLetter(step.to) : '?';
  }

  Verdict CheckRead(std::uint32_t number, char operand, char same, const Registers& written) const {
    if (operand == 'V') return {};  // with its function
    if (operand == '.') return number == 0 ? Verdict{} : Refuse("an operand it does not have");
    if (number >= program_.frame_size) return Refuse("reads beyond the frame");
    if (KindLetter(static_cast<std::uint8_t>(number)) != (operand == 'S' ? same : operand)) {
      return Refuse("reads a register of another kind");
    }
    return written.test(number) ? Verdict{} : Refuse("reads what may not be written");
  }

  Verdict CheckThird(std::size_t at,
                     const Instruction& step,
                     const OpcodeInfo& info,
                     const Registers& written) const {
    if (info.c == 'J') {
      if (step.c < 0 || static_cast<std::size_t>(step.c) <= at ||
          static_cast<std::size_t>(step.c) >= program_.code.size()) {
        return Refuse("does not jump forward");
      }
      return {};
    }
    if (info.c == 'F') return CheckCall(step, written);
    return CheckRead(static_cast<std::uint32_t>(step.c), info.c, '?', written);
  }

  Verdict CheckCall(const Instruction& step, const Registers& written) const {
    const auto functions = ScoreFunctions();
    if (step.c < 0 || static_cast<std::size_t>(step.c) >= functions.size()) {
      return Refuse("no such function");
    }
    const std::size_t arity = functions[static_cast<std::size_t>(step.c)].arity;
    for (std::size_t i = 0; i < arity; ++i) {
      const auto number = static_cast<std::uint32_t>(step.a + i);
      if (Verdict read = CheckRead(number, 'N', '?', written); !read) return read;
    }
    return {};
  }

  Verdict CheckWrite(std::uint8_t number, char operand, char same) const {
    if (operand == '.') return number == 0 ? Verdict{} : Refuse("a result it does not have");
    if (number >= program_.frame_size) return Refuse("writes beyond the frame");
    if (fixed_.test(number)) return Refuse("writes to a feature or constant");
    if (operand != 'S' && operand != same) return Refuse("writes to a register of another kind");
    return {};
  }

  const Program& program_;
  Registers fixed_;  // features and constants
  Registers initial_;
  std::vector<Registers> written_;  // by instruction, before it
  std::vector<bool> reached_;
};

}  // namespace

std::expected<void, std::string> VerifyProgram(const Program& program) {
  return Verifier(program).Run();
}

}  // namespace vedette::rules
