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

// Calls a function and compares its result.
Program Sample() {
  const auto functions = ScoreFunctions();
  std::size_t index = 0;
  while (functions[index].name != "qtcf") ++index;
  ProgramBuilder builder;
  const auto qt = builder.Feature(RegisterKind::kNumber);
  builder.Feature(RegisterKind::kNumber);
  const auto limit = builder.Constant(RegisterKind::kNumber, {.number = 500});
  const auto grade = builder.Constant(RegisterKind::kInteger, {.integer = -3});
  const auto to = builder.Register(RegisterKind::kNumber);
  const auto verdict = builder.Register(RegisterKind::kTruth);
  const auto other = builder.Register(RegisterKind::kTruth);
  builder.Add(Opcode::kCall, to, qt, 0, static_cast<std::int32_t>(index));
  builder.Add(Opcode::kLessNumber, verdict, limit, to);
  builder.Add(Opcode::kJumpIfTrue, 0, verdict, 0, 5);
  builder.Add(Opcode::kLessInteger, other, grade, grade);
  builder.Add(Opcode::kOr, verdict, verdict, other);
  return builder.Return(verdict);
}

Truth RunSample(const Program& program, double qt, double rr) {
  std::vector<Slot> frame(program.frame_size);
  PrepareFrame(program, frame.data());
  frame[0].number = qt;
  frame[1].number = rr;
  return RunProgram(program, frame.data());
}

TEST(ProgramFileTest, ComesBackAsItWas) {
  const Program program = Sample();
  ASSERT_TRUE(VerifyProgram(program).has_value()) << VerifyProgram(program).error();
  const auto loaded = LoadProgram(SaveProgram(program));
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  EXPECT_EQ(loaded->code, program.code);
  EXPECT_EQ(loaded->kinds, program.kinds);
  EXPECT_EQ(loaded->features, program.features);
  EXPECT_EQ(loaded->frame_size, program.frame_size);
  EXPECT_EQ(SaveProgram(*loaded), SaveProgram(program));
  // Corrected by Fridericia: 545 ms and 452 ms.
  EXPECT_EQ(RunSample(*loaded, 460, 600), Truth::kTrue);
  EXPECT_EQ(RunSample(*loaded, 420, 800), Truth::kFalse);
  EXPECT_EQ(RunSample(*loaded, NAN, 800), Truth::kUnknown);
}

TEST(ProgramFileTest, FunctionsAreKeptByName) {
  EXPECT_THAT(SaveProgram(Sample()), HasSubstr("qtcf"));
}

TEST(ProgramFileTest, EveryDamagedByteIsNoticed) {
  const std::string bytes = SaveProgram(Sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_FALSE(LoadProgram(damaged).has_value()) << "byte " << i;
  }
}

TEST(ProgramFileTest, EveryCutAndEveryAdditionIsNoticed) {
  const std::string bytes = SaveProgram(Sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(LoadProgram(bytes.substr(0, size)).has_value()) << size << " bytes";
  }
  EXPECT_FALSE(LoadProgram(bytes + '\0').has_value());
}

// The checksum fits, the program does not: the verifier has the last word.
TEST(ProgramFileTest, WhatIsNotVerifiedIsRefused) {
  Program program = Sample();
  program.code[2].c = 1;
  const auto loaded = LoadProgram(SaveProgram(program));
  ASSERT_FALSE(loaded.has_value());
  EXPECT_THAT(loaded.error(), HasSubstr("does not jump forward"));
}

}  // namespace
}  // namespace vedette::rules
