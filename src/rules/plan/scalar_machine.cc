// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>

#include "rules/plan/opcode.h"
#include "rules/plan/operations.h"
#include "rules/plan/program.h"
#include "rules/plan/score_call.h"

namespace vedette::rules {
namespace {

// One function for each instruction, which ends in a jump to the next one's: the processor predicts
// each of these jumps apart, and the compiler cannot merge them as it does with labels. Nothing is
// saved or checked between them.
using Handler = Truth (*)(const Instruction* at, Slot* frame, const Instruction* code);

#define VEDETTE_RULE_OPCODE(name, operands) \
  Truth Do##name(const Instruction* at, Slot* frame, const Instruction* code);
VEDETTE_RULE_OPCODES(VEDETTE_RULE_OPCODE)
#undef VEDETTE_RULE_OPCODE

constexpr Handler kHandlers[] = {
#define VEDETTE_RULE_OPCODE(name, operands) Do##name,
    VEDETTE_RULE_OPCODES(VEDETTE_RULE_OPCODE)
#undef VEDETTE_RULE_OPCODE
};

[[gnu::noinline]] double CallScoreFunction(std::int32_t index, const Slot* arguments) {
  const ScoreFunction& function = ScoreFunctionAt(index);
  std::array<double, kMaxArguments> numbers;
  for (std::size_t i = 0; i < function.arity; ++i) numbers[i] = arguments[i].number;
  return function.evaluate(numbers.data());
}

#define A_NUMBER frame[at->a].number
#define B_NUMBER frame[at->b].number
#define C_NUMBER frame[at->c].number
#define A_INTEGER frame[at->a].integer
#define B_INTEGER frame[at->b].integer
#define C_INTEGER frame[at->c].integer
#define VEDETTE_GO(next) [[clang::musttail]] return kHandlers[(next)->op](next, frame, code)
#define VEDETTE_STEP(name, ...)                                                 \
  Truth Do##name(const Instruction* at, Slot* frame, const Instruction* code) { \
    __VA_ARGS__;                                                                \
    VEDETTE_GO(at + 1);                                                         \
  }
#define VEDETTE_NUMBER(name, ...) VEDETTE_STEP(name, frame[at->to].number = __VA_ARGS__)
#define VEDETTE_INTEGER(name, ...) VEDETTE_STEP(name, frame[at->to].integer = __VA_ARGS__)
#define VEDETTE_JUMP(name, condition)                                           \
  Truth Do##name(const Instruction* at, Slot* frame, const Instruction* code) { \
    if (condition) VEDETTE_GO(code + at->c);                                    \
    VEDETTE_GO(at + 1);                                                         \
  }

Truth DoReturn(const Instruction* at, Slot* frame, const Instruction*) {
  return static_cast<Truth>(A_INTEGER);
}

VEDETTE_JUMP(Jump, true)
VEDETTE_JUMP(JumpIfFalse, A_INTEGER == operations::kFalse)
VEDETTE_JUMP(JumpIfTrue, A_INTEGER == operations::kTrue)
VEDETTE_JUMP(JumpUnlessTrue, A_INTEGER != operations::kTrue)
VEDETTE_STEP(Move, frame[at->to] = frame[at->a])
VEDETTE_NUMBER(Call, CallScoreFunction(at->c, frame + at->a))

VEDETTE_NUMBER(ElseNumber, A_INTEGER == operations::kFalse ? B_NUMBER : operations::kUnknownNumber)
VEDETTE_INTEGER(ElseInteger, A_INTEGER == operations::kFalse ? B_INTEGER : kMissing)
VEDETTE_INTEGER(ElseTruth, A_INTEGER == operations::kFalse ? B_INTEGER : operations::kUnknown)
VEDETTE_NUMBER(SelectNumber, operations::Select(A_INTEGER, B_NUMBER, C_NUMBER))
VEDETTE_INTEGER(SelectInteger, operations::Select(A_INTEGER, B_INTEGER, C_INTEGER, kMissing))
VEDETTE_INTEGER(SelectTruth,
                operations::Select(A_INTEGER, B_INTEGER, C_INTEGER, operations::kUnknown))

VEDETTE_INTEGER(And, operations::And(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(Or, operations::Or(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(Not, operations::Not(A_INTEGER))
VEDETTE_INTEGER(EqualTruth, operations::EqualTruth(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(NotEqualTruth, operations::Not(operations::EqualTruth(A_INTEGER, B_INTEGER)))

VEDETTE_NUMBER(AddNumber, operations::Add(A_NUMBER, B_NUMBER))
VEDETTE_NUMBER(SubtractNumber, operations::Subtract(A_NUMBER, B_NUMBER))
VEDETTE_NUMBER(MultiplyNumber, operations::Multiply(A_NUMBER, B_NUMBER))
VEDETTE_NUMBER(DivideNumber, operations::Divide(A_NUMBER, B_NUMBER))
VEDETTE_NUMBER(NegateNumber, operations::Negate(A_NUMBER))

VEDETTE_INTEGER(AddInteger, operations::Add(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(SubtractInteger, operations::Subtract(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(MultiplyInteger, operations::Multiply(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(DivideInteger, operations::Divide(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(RemainderInteger, operations::Remainder(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(NegateInteger, operations::Negate(A_INTEGER))
VEDETTE_INTEGER(AddTime, operations::WithinTime(operations::Add(A_INTEGER, B_INTEGER)))
VEDETTE_INTEGER(SubtractTime, operations::WithinTime(operations::Subtract(A_INTEGER, B_INTEGER)))
VEDETTE_INTEGER(AddDuration, operations::WithinDuration(operations::Add(A_INTEGER, B_INTEGER)))
VEDETTE_INTEGER(SubtractDuration,
                operations::WithinDuration(operations::Subtract(A_INTEGER, B_INTEGER)))
VEDETTE_INTEGER(TimeDifference, operations::TimeDifference(A_INTEGER, B_INTEGER))
VEDETTE_NUMBER(IntegerToNumber, operations::ToNumber(A_INTEGER))
VEDETTE_INTEGER(NumberToInteger, operations::ToInteger(A_NUMBER))
VEDETTE_INTEGER(CountTrue, operations::CountTrue(A_INTEGER, B_INTEGER))

VEDETTE_INTEGER(EqualNumber, operations::Equal(A_NUMBER, B_NUMBER))
VEDETTE_INTEGER(NotEqualNumber, operations::NotEqual(A_NUMBER, B_NUMBER))
VEDETTE_INTEGER(LessNumber, operations::Less(A_NUMBER, B_NUMBER))
VEDETTE_INTEGER(LessEqualNumber, operations::LessEqual(A_NUMBER, B_NUMBER))
VEDETTE_INTEGER(LessScaled, operations::Less(A_NUMBER, B_NUMBER* C_NUMBER))
VEDETTE_INTEGER(LessEqualScaled, operations::LessEqual(A_NUMBER, B_NUMBER* C_NUMBER))
VEDETTE_INTEGER(GreaterScaled, operations::Less(B_NUMBER* C_NUMBER, A_NUMBER))
VEDETTE_INTEGER(GreaterEqualScaled, operations::LessEqual(B_NUMBER* C_NUMBER, A_NUMBER))
VEDETTE_INTEGER(EqualInteger, operations::Equal(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(NotEqualInteger, operations::NotEqual(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(LessInteger, operations::Less(A_INTEGER, B_INTEGER))
VEDETTE_INTEGER(LessEqualInteger, operations::LessEqual(A_INTEGER, B_INTEGER))

#undef VEDETTE_JUMP
#undef VEDETTE_INTEGER
#undef VEDETTE_NUMBER
#undef VEDETTE_STEP
#undef VEDETTE_GO
#undef C_INTEGER
#undef B_INTEGER
#undef A_INTEGER
#undef C_NUMBER
#undef B_NUMBER
#undef A_NUMBER

}  // namespace

void PrepareFrame(const Program& program, Slot* frame) {
  for (const auto& [to, value] : program.constants) frame[to] = value;
}

Truth RunProgram(const Program& program, Slot* frame) {
  const Instruction* const code = program.code.data();
  return kHandlers[code->op](code, frame, code);
}

}  // namespace vedette::rules
