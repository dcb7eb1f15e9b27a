// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/plan/program.h"
#include "rules/plan/program_builder.h"
#include "rules/plan/score_call.h"

namespace vedette::rules {
namespace {

using testing::HasSubstr;

std::string Refusal(const Program& program) {
  const auto verified = VerifyProgram(program);
  return verified ? "accepted" : verified.error();
}

// a < k, with a jump over nothing: small, but of every part.
Program Sound() {
  ProgramBuilder builder;
  const auto a = builder.Feature(RegisterKind::kNumber);
  const auto k = builder.Constant(RegisterKind::kNumber, {.number = 3});
  const auto to = builder.Register(RegisterKind::kTruth);
  builder.Add(Opcode::kLessNumber, to, a, k);
  builder.Add(Opcode::kJumpIfTrue, 0, to, 0, 3);
  builder.Add(Opcode::kNot, to, to);
  return builder.Return(to);
}

TEST(VerifierTest, AcceptsASoundProgram) { EXPECT_EQ(Refusal(Sound()), "accepted"); }

TEST(VerifierTest, RefusesWrongSizes) {
  Program program = Sound();
  program.kinds.pop_back();
  EXPECT_THAT(Refusal(program), HasSubstr("a kind for each register"));
  program = Sound();
  program.kinds[0] = static_cast<RegisterKind>(3);
  EXPECT_THAT(Refusal(program), HasSubstr("a kind that is not known"));
  program = Sound();
  program.features = 4;
  EXPECT_THAT(Refusal(program), HasSubstr("more features than registers"));
  program = Sound();
  program.frame_size = kMaxRegisters + 1;
  program.kinds.resize(program.frame_size);
  EXPECT_THAT(Refusal(program), HasSubstr("too many registers"));
  program = Sound();
  program.code.clear();
  EXPECT_THAT(Refusal(program), HasSubstr("no instructions"));
  program = Sound();
  program.code.insert(program.code.begin(), kMaxInstructions, program.code.front());
  EXPECT_THAT(Refusal(program), HasSubstr("too many instructions"));
}

TEST(VerifierTest, RefusesWrongConstants) {
  Program program = Sound();
  program.constants[0].first = 9;
  EXPECT_THAT(Refusal(program), HasSubstr("a constant beyond the frame"));
  program = Sound();
  program.constants[0].first = 0;
  EXPECT_THAT(Refusal(program), HasSubstr("in the place of a feature"));
  program = Sound();
  program.constants.push_back(program.constants[0]);
  EXPECT_THAT(Refusal(program), HasSubstr("in the place of a feature or constant"));
  program = Sound();
  program.kinds[1] = RegisterKind::kTruth;
  program.constants[0].second.integer = 3;
  EXPECT_THAT(Refusal(program), HasSubstr("no truth"));
}

TEST(VerifierTest, RefusesRegistersOutsideOrOfAnotherKind) {
  Program program = Sound();
  program.code[0].a = 3;
  EXPECT_THAT(Refusal(program), HasSubstr("instruction 0: reads beyond the frame"));
  program = Sound();
  program.code[0].to = 3;
  EXPECT_THAT(Refusal(program), HasSubstr("writes beyond the frame"));
  program = Sound();
  program.code[0].op = static_cast<std::uint8_t>(Opcode::kLessInteger);
  EXPECT_THAT(Refusal(program), HasSubstr("reads a register of another kind"));
  program = Sound();
  program.code[0].op = static_cast<std::uint8_t>(Opcode::kAddNumber);
  EXPECT_THAT(Refusal(program), HasSubstr("writes to a register of another kind"));
  program = Sound();
  program.code[0].op = 255;
  EXPECT_THAT(Refusal(program), HasSubstr("no such operation"));
  program = Sound();
  program.code[2].b = 1;
  EXPECT_THAT(Refusal(program), HasSubstr("an operand it does not have"));
  program = Sound();
  program.code[3].to = 1;
  EXPECT_THAT(Refusal(program), HasSubstr("a result it does not have"));
  program = Sound();
  program.code[0].c = 1;
  EXPECT_THAT(Refusal(program), HasSubstr("an operand it does not have"));
}

TEST(VerifierTest, RefusesWritesToFeaturesAndConstants) {
  for (const bool constant : {false, true}) {
    ProgramBuilder builder;
    const auto a = builder.Feature(RegisterKind::kTruth);
    const auto k = builder.Constant(RegisterKind::kTruth, {.integer = 2});
    builder.Add(Opcode::kNot, constant ? k : a, a);
    EXPECT_THAT(Refusal(builder.Return(a)), HasSubstr("writes to a feature or constant"));
  }
}

TEST(VerifierTest, RefusesJumpsBackInPlaceAndOutside) {
  for (const std::int32_t target : {-1, 0, 1, 4, 1 << 30}) {
    Program program = Sound();
    program.code[1].c = target;
    EXPECT_THAT(Refusal(program), HasSubstr("instruction 1: does not jump forward")) << target;
  }
}

TEST(VerifierTest, RefusesAnEndWithoutReturnAndWhatIsNeverReached) {
  Program program = Sound();
  program.code.pop_back();
  EXPECT_THAT(Refusal(program), HasSubstr("does not end with a return"));
  program = Sound();
  program.code[1] = {static_cast<std::uint8_t>(Opcode::kJump), 0, 0, 0, 3};
  EXPECT_THAT(Refusal(program), HasSubstr("instruction 2: is never reached"));
}

// What only one of two ways writes may not be read where they meet.
TEST(VerifierTest, RefusesReadsOfWhatMayNotBeWritten) {
  ProgramBuilder builder;
  const auto a = builder.Feature(RegisterKind::kTruth);
  const auto to = builder.Register(RegisterKind::kTruth);
  builder.Add(Opcode::kJumpIfTrue, 0, a, 0, 2);
  builder.Add(Opcode::kNot, to, a);
  EXPECT_THAT(Refusal(builder.Return(to)), HasSubstr("reads what may not be written"));

  ProgramBuilder first;
  const auto unwritten = first.Register(RegisterKind::kTruth);
  EXPECT_THAT(Refusal(first.Return(unwritten)), HasSubstr("reads what may not be written"));
}

TEST(VerifierTest, ChecksTheArgumentsOfCalls) {
  const auto functions = ScoreFunctions();
  std::size_t index = 0;
  while (functions[index].arity != 2) ++index;
  const auto build = [&](int arguments, std::int32_t function) {
    ProgramBuilder builder;
    for (int i = 0; i < arguments; ++i) builder.Feature(RegisterKind::kNumber);
    const auto to = builder.Register(RegisterKind::kNumber);
    const auto verdict = builder.Register(RegisterKind::kTruth);
    builder.Add(Opcode::kCall, to, 0, 0, function);
    builder.Add(Opcode::kLessNumber, verdict, to, 0);
    return builder.Return(verdict);
  };
  const auto known = static_cast<std::int32_t>(index);
  EXPECT_EQ(Refusal(build(2, known)), "accepted");
  EXPECT_THAT(Refusal(build(1, known)), HasSubstr("reads what may not be written"));
  EXPECT_THAT(Refusal(build(2, -1)), HasSubstr("no such function"));
  EXPECT_THAT(Refusal(build(2, static_cast<std::int32_t>(functions.size()))),
              HasSubstr("no such function"));
}

}  // namespace
}  // namespace vedette::rules
