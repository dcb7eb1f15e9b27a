// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "rules/plan/machines_for_test.h"
#include "rules/plan/opcode.h"
#include "rules/plan/program_builder.h"
#include "rules/plan/score_call.h"

// Programs of several instructions: branches, calls, columns of every kind and length.
namespace vedette::rules {
namespace {

TEST(MachineProgramsTest, BranchesChoose) {
  for (const Logical& condition : kLogicals) {
    for (const Logical& x : kLogicals) {
      for (const Logical& y : kLogicals) {
        ProgramBuilder builder;
        const auto a = builder.Feature(RegisterKind::kTruth);
        const auto b = builder.Feature(RegisterKind::kTruth);
        const auto c = builder.Feature(RegisterKind::kTruth);
        const auto to = builder.Register(RegisterKind::kTruth);
        builder.Add(Opcode::kJumpUnlessTrue, 0, a, 0, 3);
        builder.Add(Opcode::kMove, to, b);
        builder.Add(Opcode::kJump, 0, 0, 0, 4);
        builder.Add(Opcode::kElseTruth, to, a, c);
        const Program program = builder.Return(to);
        ASSERT_TRUE(VerifyProgram(program).has_value());
        const Rows rows{{{SlotOf(condition)}, {SlotOf(x)}, {SlotOf(y)}}};
        const Logical expected = !condition ? Logical() : *condition ? x : y;
        EXPECT_EQ(RunScalar(program, rows), std::vector{TruthOf(expected)});
      }
    }
  }
}

TEST(MachineProgramsTest, JumpsSkipWhatIsDecided) {
  for (const Opcode jump : {Opcode::kJumpIfFalse, Opcode::kJumpIfTrue}) {
    for (const Logical& first : kLogicals) {
      ProgramBuilder builder;
      const auto a = builder.Feature(RegisterKind::kTruth);
      const auto other =
          builder.Constant(RegisterKind::kTruth, SlotOf(Logical(jump == Opcode::kJumpIfFalse)));
      const auto to = builder.Register(RegisterKind::kTruth);
      builder.Add(Opcode::kMove, to, a);
      builder.Add(jump, 0, to, 0, 3);
      builder.Add(Opcode::kMove, to, other);
      const Program program = builder.Return(to);
      ASSERT_TRUE(VerifyProgram(program).has_value());
      const bool jumps = first == Logical(jump == Opcode::kJumpIfTrue);
      const Logical expected = jumps ? first : Logical(jump == Opcode::kJumpIfFalse);
      EXPECT_EQ(RunScalar(program, {{{SlotOf(first)}}}), std::vector{TruthOf(expected)});
    }
  }
}

TEST(MachineProgramsTest, ElseOfNumbersAndIntegersIsMissingUnlessFalse) {
  for (const Logical& condition : kLogicals) {
    ProgramBuilder builder;
    const auto a = builder.Feature(RegisterKind::kTruth);
    const auto number = builder.Constant(RegisterKind::kNumber, {.number = 2.5});
    const auto integer = builder.Constant(RegisterKind::kInteger, {.integer = 7});
    const auto number_to = builder.Register(RegisterKind::kNumber);
    const auto integer_to = builder.Register(RegisterKind::kInteger);
    const auto first = builder.Register(RegisterKind::kTruth);
    const auto second = builder.Register(RegisterKind::kTruth);
    builder.Add(Opcode::kElseNumber, number_to, a, number);
    builder.Add(Opcode::kElseInteger, integer_to, a, integer);
    builder.Add(Opcode::kEqualNumber, first, number_to, number);
    builder.Add(Opcode::kEqualInteger, second, integer_to, integer);
    builder.Add(Opcode::kEqualTruth, first, first, second);
    const Program program = builder.Return(first);
    ASSERT_TRUE(VerifyProgram(program).has_value());
    EXPECT_EQ(RunScalar(program, {{{SlotOf(condition)}}}),
              std::vector{condition == Logical(false) ? Truth::kTrue : Truth::kUnknown});
  }
}

TEST(MachineProgramsTest, CallsOfScoreFunctions) {
  const auto functions = ScoreFunctions();
  std::int32_t index = 0;
  while (functions[static_cast<std::size_t>(index)].name != "qtcf") ++index;
  ProgramBuilder builder;
  const auto qt = builder.Feature(RegisterKind::kNumber);
  builder.Feature(RegisterKind::kNumber);
  const auto limit = builder.Constant(RegisterKind::kNumber, {.number = 500});
  const auto result = builder.Register(RegisterKind::kNumber);
  const auto to = builder.Register(RegisterKind::kTruth);
  builder.Add(Opcode::kCall, result, qt, 0, index).Add(Opcode::kLessNumber, to, limit, result);
  // Fridericia: 460 ms at an RR of 600 ms is 545 ms, 420 ms at 800 ms is 452 ms.
  const auto number = [](double value) { return SlotOf(Number(value)); };
  const Slot missing = SlotOf(Number());
  const Rows rows{{{number(460), number(420), missing, number(460)},
                   {number(600), number(800), number(600), missing}}};
  ExpectEverywhere(builder.Return(to), rows,
                   {Truth::kTrue, Truth::kFalse, Truth::kUnknown, Truth::kUnknown}, "qtcf");
}

TEST(MachineProgramsTest, ManyTemporaryColumns) {
  ProgramBuilder builder;
  const auto a = builder.Feature(RegisterKind::kNumber);
  std::vector<std::uint8_t> sums = {a};
  for (int i = 0; i < 40; ++i) {
    sums.push_back(builder.Register(RegisterKind::kNumber));
    builder.Add(Opcode::kAddNumber, sums.back(), sums[sums.size() - 2], a);
  }
  const auto to = builder.Register(RegisterKind::kTruth);
  builder.Add(Opcode::kLessNumber, to, sums[20], sums[40]);
  const Rows rows{{{SlotOf(Number(1)), SlotOf(Number(-1)), SlotOf(Number())}}};
  ExpectEverywhere(builder.Return(to), rows, {Truth::kTrue, Truth::kFalse, Truth::kUnknown},
                   "sums");
}

TEST(MachineProgramsTest, ColumnsMayHoldOneValueForAllRows) {
  ProgramBuilder builder;
  const auto a = builder.Feature(RegisterKind::kNumber);
  const auto b = builder.Feature(RegisterKind::kNumber);
  const auto flag = builder.Feature(RegisterKind::kTruth);
  const auto to = builder.Register(RegisterKind::kTruth);
  builder.Add(Opcode::kLessNumber, to, a, b).Add(Opcode::kAnd, to, to, flag);
  const Program program = builder.Return(to);
  const Slot limit{.number = 500};
  const Slot yes = SlotOf(Logical(true));
  std::vector<Slot> values;
  for (int i = 0; i < 1000; ++i) values.push_back({.number = static_cast<double>(i)});
  const std::vector<SlotColumn> columns = {{values.data()}, {&limit, true}, {&yes, true}};
  for (const VectorPath path : {VectorPath::kPortable, VectorPath::kAvx2}) {
    if (!HasVectorPath(path)) continue;
    std::uint64_t is_true[kBatchRows / 64];
    std::uint64_t is_false[kBatchRows / 64];
    RunProgramColumns(program, columns, values.size(), path, is_true, is_false);
    for (std::size_t row = 0; row < values.size(); ++row) {
      EXPECT_EQ(is_true[row / 64] >> (row % 64) & 1, row < 500 ? 1U : 0U) << row;
      EXPECT_EQ(is_false[row / 64] >> (row % 64) & 1, row < 500 ? 0U : 1U) << row;
    }
  }
}

TEST(MachineProgramsTest, AnyNumberOfRows) {
  ProgramBuilder builder;
  const auto a = builder.Feature(RegisterKind::kInteger);
  const auto two = builder.Constant(RegisterKind::kInteger, {.integer = 2});
  const auto one = builder.Constant(RegisterKind::kInteger, {.integer = 1});
  const auto rest = builder.Register(RegisterKind::kInteger);
  const auto to = builder.Register(RegisterKind::kTruth);
  builder.Add(Opcode::kRemainderInteger, rest, a, two).Add(Opcode::kEqualInteger, to, rest, one);
  const Program program = builder.Return(to);
  for (const std::size_t count : {1, 3, 63, 64, 65, 255, 256, 257, 1000, 1023, 1024}) {
    Rows rows{{{}}};
    std::vector<Truth> expected;
    for (std::size_t i = 0; i < count; ++i) {
      rows.columns[0].push_back({.integer = static_cast<std::int64_t>(i)});
      expected.push_back(i % 2 == 1 ? Truth::kTrue : Truth::kFalse);
    }
    ExpectEverywhere(program, rows, expected, std::to_string(count) + " rows");
  }
}

}  // namespace
}  // namespace vedette::rules
