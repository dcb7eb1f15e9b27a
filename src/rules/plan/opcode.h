// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vedette::rules {

// Every instruction: its name and what `to`, `a`, `b` and `c` are. N, I and T are registers of that
// kind (number, integer, truth), S one of the same kind as `to`, V the first of a function's
// arguments, F the index of a score function, J a jump; a dot is unused and zero. Their meaning is
// in plan/operations.h. Numbers are stored: new ones go to the end.
#define VEDETTE_RULE_OPCODES(X) \
  X(Return, ".T..")             \
  X(Jump, "...J")               \
  X(JumpIfFalse, ".T.J")        \
  X(JumpIfTrue, ".T.J")         \
  X(JumpUnlessTrue, ".T.J")     \
  X(Move, "SS..")               \
  X(ElseNumber, "NTN.")         \
  X(ElseInteger, "ITI.")        \
  X(ElseTruth, "TTT.")          \
  X(SelectNumber, "NTNN")       \
  X(SelectInteger, "ITII")      \
  X(SelectTruth, "TTTT")        \
  X(And, "TTT.")                \
  X(Or, "TTT.")                 \
  X(Not, "TT..")                \
  X(EqualTruth, "TTT.")         \
  X(NotEqualTruth, "TTT.")      \
  X(AddNumber, "NNN.")          \
  X(SubtractNumber, "NNN.")     \
  X(MultiplyNumber, "NNN.")     \
  X(DivideNumber, "NNN.")       \
  X(NegateNumber, "NN..")       \
  X(AddInteger, "III.")         \
  X(SubtractInteger, "III.")    \
  X(MultiplyInteger, "III.")    \
  X(DivideInteger, "III.")      \
  X(RemainderInteger, "III.")   \
  X(NegateInteger, "II..")      \
  X(AddTime, "III.")            \
  X(SubtractTime, "III.")       \
  X(AddDuration, "III.")        \
  X(SubtractDuration, "III.")   \
  X(IntegerToNumber, "NI..")    \
  X(NumberToInteger, "IN..")    \
  X(CountTrue, "IIT.")          \
  X(EqualNumber, "TNN.")        \
  X(NotEqualNumber, "TNN.")     \
  X(LessNumber, "TNN.")         \
  X(LessEqualNumber, "TNN.")    \
  X(LessScaled, "TNNN")         \
  X(LessEqualScaled, "TNNN")    \
  X(GreaterScaled, "TNNN")      \
  X(GreaterEqualScaled, "TNNN") \
  X(EqualInteger, "TII.")       \
  X(NotEqualInteger, "TII.")    \
  X(LessInteger, "TII.")        \
  X(LessEqualInteger, "TII.")   \
  X(Call, "NV.F")               \
  X(TimeDifference, "III.")

enum class Opcode : std::uint8_t {
#define VEDETTE_RULE_OPCODE(name, operands) k##name,
  VEDETTE_RULE_OPCODES(VEDETTE_RULE_OPCODE)
#undef VEDETTE_RULE_OPCODE
};

struct OpcodeInfo {
  std::string_view name;
  char to;
  char a;
  char b;
  char c;
};

inline constexpr OpcodeInfo kOpcodes[] = {
#define VEDETTE_RULE_OPCODE(name, operands) \
  {#name, operands[0], operands[1], operands[2], operands[3]},
    VEDETTE_RULE_OPCODES(VEDETTE_RULE_OPCODE)
#undef VEDETTE_RULE_OPCODE
};

inline constexpr std::size_t kOpcodeCount = sizeof(kOpcodes) / sizeof(kOpcodes[0]);

}  // namespace vedette::rules
