// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "rules/plan/opcode.h"
#include "rules/plan/program.h"
#include "rules/plan/program_builder.h"
#include "rules/plan/score_call.h"
#include "rules/plan/vector_machine.h"

namespace vedette::rules {
namespace {

// What an operand or a result is, said without the machines' encoding; nullopt is missing.
using Number = std::optional<double>;
using Integer = std::optional<std::int64_t>;
using Logical = std::optional<bool>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
const std::vector<Number> kNumbers = {std::nullopt, 0.0,   -0.0,   1.0,       -1.5,   3.0,
                                      0.1,          1e308, -1e308, kInfinity, 9.3e18, -9.3e18};
const std::vector<Integer> kIntegers = {
    std::nullopt,    0,        1,        -1, 2, -7, 86'400, 253'402'300'799, -62'135'596'800,
    315'576'000'000, kLargest, -kLargest};
const std::vector<Logical> kLogicals = {std::nullopt, false, true};

Slot SlotOf(Number value) {
  return {.number = value.value_or(std::numeric_limits<double>::quiet_NaN())};
}
Slot SlotOf(Integer value) { return {.integer = value.value_or(kMissing)}; }
Slot SlotOf(Logical value) {
  return {.integer = static_cast<std::int64_t>(!value   ? Truth::kUnknown
                                               : *value ? Truth::kTrue
                                                        : Truth::kFalse)};
}
RegisterKind KindOf(Number) { return RegisterKind::kNumber; }
RegisterKind KindOf(Integer) { return RegisterKind::kInteger; }
RegisterKind KindOf(Logical) { return RegisterKind::kTruth; }
Opcode EqualOf(RegisterKind kind) {
  return kind == RegisterKind::kNumber ? Opcode::kEqualNumber : Opcode::kEqualInteger;
}

// Rows of operands, with what the instruction must make of them in the last column.
struct Rows {
  std::vector<std::vector<Slot>> columns;
  std::size_t size() const { return columns.front().size(); }
};

std::vector<Truth> RunScalar(const Program& program, const Rows& rows) {
  std::vector<Truth> truths;
  std::vector<Slot> frame(program.frame_size);
  PrepareFrame(program, frame.data());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t i = 0; i < rows.columns.size(); ++i) frame[i] = rows.columns[i][row];
    truths.push_back(RunProgram(program, frame.data()));
  }
  return truths;
}

std::vector<Truth> RunVector(const Program& program, const Rows& rows, VectorPath path) {
  std::vector<Truth> truths;
  for (std::size_t from = 0; from < rows.size(); from += kBatchRows) {
    const std::size_t count = std::min(kBatchRows, rows.size() - from);
    std::vector<SlotColumn> columns;
    for (const std::vector<Slot>& column : rows.columns) columns.push_back({column.data() + from});
    std::vector<std::uint64_t> is_true(kBatchRows / 64, ~std::uint64_t{0});
    std::vector<std::uint64_t> is_false(kBatchRows / 64, ~std::uint64_t{0});
    RunProgramColumns(program, columns, count, path, is_true.data(), is_false.data());
    for (std::size_t row = 0; row < count; ++row) {
      const bool t = is_true[row / 64] >> (row % 64) & 1;
      const bool f = is_false[row / 64] >> (row % 64) & 1;
      EXPECT_FALSE(t && f);
      truths.push_back(t ? Truth::kTrue : f ? Truth::kFalse : Truth::kUnknown);
    }
    if (count % 64 != 0) {
      EXPECT_EQ(is_true[count / 64] >> (count % 64), 0U);
      EXPECT_EQ(is_false[count / 64] >> (count % 64), 0U);
    }
  }
  return truths;
}

void ExpectEverywhere(const Program& program,
                      const Rows& rows,
                      const std::vector<Truth>& expected,
                      const std::string& name) {
  ASSERT_TRUE(VerifyProgram(program).has_value()) << name << ": " << VerifyProgram(program).error();
  EXPECT_EQ(RunScalar(program, rows), expected) << name;
  EXPECT_EQ(RunVector(program, rows, VectorPath::kPortable), expected) << name;
  if (HasVectorPath(VectorPath::kAvx2)) {
    EXPECT_EQ(RunVector(program, rows, VectorPath::kAvx2), expected) << name;
  }
}

Truth TruthOf(Logical value) { return static_cast<Truth>(SlotOf(value).integer); }

// Whether the instruction gives `expected` for each row: a truth as it is, anything else compared
// with what is expected; a missing one makes the comparison unknown.
class InstructionCheck {
 public:
  explicit InstructionCheck(Opcode op) : op_(op) {}

  template <class Result, class... Operands>
  void Row(Result expected, Operands... operands) {
    if (rows_.columns.empty()) {
      kinds_ = {KindOf(operands)...};
      result_ = KindOf(expected);
      rows_.columns.resize(sizeof...(operands) + 1);
    }
    std::size_t column = 0;
    (rows_.columns[column++].push_back(SlotOf(operands)), ...);
    // Where nothing can be expected, the comparison is with something known.
    const bool known = expected.has_value();
    rows_.columns[column].push_back(known ? SlotOf(expected) : Slot{.integer = 0});
    if constexpr (std::is_same_v<Result, Logical>) {
      expected_.push_back(TruthOf(expected));
    } else {
      expected_.push_back(known ? Truth::kTrue : Truth::kUnknown);
    }
  }

  void Run() const {
    ProgramBuilder builder;
    std::vector<std::uint8_t> operands;
    for (const RegisterKind kind : kinds_) operands.push_back(builder.Feature(kind));
    const std::uint8_t expected = builder.Feature(result_);
    const std::uint8_t result = builder.Register(result_);
    operands.resize(3);
    builder.Add(op_, result, operands[0], operands[1], operands[2]);
    std::uint8_t verdict = result;
    if (result_ != RegisterKind::kTruth) {
      verdict = builder.Register(RegisterKind::kTruth);
      builder.Add(EqualOf(result_), verdict, result, expected);
    }
    ExpectEverywhere(builder.Return(verdict), rows_, expected_,
                     std::string(kOpcodes[static_cast<std::size_t>(op_)].name));
  }

 private:
  Opcode op_;
  std::vector<RegisterKind> kinds_;
  RegisterKind result_ = RegisterKind::kTruth;
  Rows rows_;
  std::vector<Truth> expected_;
};

template <class Operand, class Result>
void CheckPairs(Opcode op,
                const std::vector<Operand>& values,
                const std::function<Result(typename Operand::value_type,
                                           typename Operand::value_type)>& meaning) {
  InstructionCheck check(op);
  for (const Operand& a : values) {
    for (const Operand& b : values) {
      check.Row(a && b ? meaning(*a, *b) : Result(), a, b);
    }
  }
  check.Run();
}

Number Finite(double value) { return std::isnan(value) ? Number() : Number(value); }

Integer Bounded(__int128 value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) return std::nullopt;
  return static_cast<std::int64_t>(value);
}
Integer Whole(__int128 value) { return Bounded(value, -kLargest, kLargest); }

TEST(MachinesTest, ArithmeticOfNumbers) {
  const auto check = [](Opcode op, double (*meaning)(double, double)) {
    CheckPairs<Number, Number>(op, kNumbers,
                               [meaning](double a, double b) { return Finite(meaning(a, b)); });
  };
  check(Opcode::kAddNumber, [](double a, double b) { return a + b; });
  check(Opcode::kSubtractNumber, [](double a, double b) { return a - b; });
  check(Opcode::kMultiplyNumber, [](double a, double b) { return a * b; });
  CheckPairs<Number, Number>(Opcode::kDivideNumber, kNumbers,
                             [](double a, double b) { return b == 0 ? Number() : Finite(a / b); });
  InstructionCheck negate(Opcode::kNegateNumber);
  for (const Number& a : kNumbers) negate.Row(a ? Number(-*a) : a, a);
  negate.Run();
}

TEST(MachinesTest, ArithmeticOfIntegers) {
  using Wide = __int128;
  const auto check = [](Opcode op, Wide (*meaning)(Wide, Wide)) {
    CheckPairs<Integer, Integer>(
        op, kIntegers, [meaning](std::int64_t a, std::int64_t b) { return Whole(meaning(a, b)); });
  };
  check(Opcode::kAddInteger, [](Wide a, Wide b) { return a + b; });
  check(Opcode::kSubtractInteger, [](Wide a, Wide b) { return a - b; });
  check(Opcode::kMultiplyInteger, [](Wide a, Wide b) { return a * b; });
  CheckPairs<Integer, Integer>(
      Opcode::kDivideInteger, kIntegers,
      [](std::int64_t a, std::int64_t b) { return b == 0 ? Integer() : Integer(a / b); });
  CheckPairs<Integer, Integer>(
      Opcode::kRemainderInteger, kIntegers,
      [](std::int64_t a, std::int64_t b) { return b == 0 ? Integer() : Integer(a % b); });
  InstructionCheck negate(Opcode::kNegateInteger);
  for (const Integer& a : kIntegers) negate.Row(a ? Integer(-*a) : a, a);
  negate.Run();
}

TEST(MachinesTest, TimesAndDurationsStayInTheirRange) {
  const auto check = [](Opcode op, int sign, std::int64_t low, std::int64_t high) {
    CheckPairs<Integer, Integer>(op, kIntegers, [=](std::int64_t a, std::int64_t b) {
      return Bounded(static_cast<__int128>(a) + static_cast<__int128>(b) * sign, low, high);
    });
  };
  check(Opcode::kAddTime, 1, -62'135'596'800, 253'402'300'799);
  check(Opcode::kSubtractTime, -1, -62'135'596'800, 253'402'300'799);
  check(Opcode::kAddDuration, 1, -315'576'000'000, 315'576'000'000);
  check(Opcode::kSubtractDuration, -1, -315'576'000'000, 315'576'000'000);
  check(Opcode::kTimeDifference, -1, -9'223'372'036, 9'223'372'036);
}

TEST(MachinesTest, Conversions) {
  InstructionCheck to_number(Opcode::kIntegerToNumber);
  for (const Integer& a : kIntegers) {
    to_number.Row(a ? Number(static_cast<double>(*a)) : Number(), a);
  }
  to_number.Run();
  InstructionCheck to_integer(Opcode::kNumberToInteger);
  for (const Number& a : kNumbers) {
    to_integer.Row(a && std::abs(*a) < 0x1p63 ? Integer(static_cast<std::int64_t>(*a)) : Integer(),
                   a);
  }
  to_integer.Row(Integer(), Number(0x1p63));
  to_integer.Row(Integer(), Number(-0x1p63));
  to_integer.Row(Integer(-2), Number(-2.9));
  to_integer.Run();
}

TEST(MachinesTest, ComparisonsOfNumbers) {
  const auto check = [](Opcode op, bool (*meaning)(double, double)) {
    CheckPairs<Number, Logical>(op, kNumbers, meaning);
  };
  check(Opcode::kEqualNumber, [](double a, double b) { return a == b; });
  check(Opcode::kNotEqualNumber, [](double a, double b) { return a != b; });
  check(Opcode::kLessNumber, [](double a, double b) { return a < b; });
  check(Opcode::kLessEqualNumber, [](double a, double b) { return a <= b; });
}

TEST(MachinesTest, ComparisonsWithAProduct) {
  const auto check = [](Opcode op, bool (*meaning)(double, double)) {
    InstructionCheck rows(op);
    for (const Number& a : kNumbers) {
      for (const Number& b : kNumbers) {
        for (const Number& c : kNumbers) {
          const Number product = b && c ? Finite(*b * *c) : Number();
          rows.Row(a && product ? Logical(meaning(*a, *product)) : Logical(), a, b, c);
        }
      }
    }
    rows.Run();
  };
  check(Opcode::kLessScaled, [](double a, double product) { return a < product; });
  check(Opcode::kLessEqualScaled, [](double a, double product) { return a <= product; });
  check(Opcode::kGreaterScaled, [](double a, double product) { return a > product; });
  check(Opcode::kGreaterEqualScaled, [](double a, double product) { return a >= product; });
}

TEST(MachinesTest, ComparisonsOfIntegers) {
  const auto check = [](Opcode op, bool (*meaning)(std::int64_t, std::int64_t)) {
    CheckPairs<Integer, Logical>(op, kIntegers, meaning);
  };
  check(Opcode::kEqualInteger, [](std::int64_t a, std::int64_t b) { return a == b; });
  check(Opcode::kNotEqualInteger, [](std::int64_t a, std::int64_t b) { return a != b; });
  check(Opcode::kLessInteger, [](std::int64_t a, std::int64_t b) { return a < b; });
  check(Opcode::kLessEqualInteger, [](std::int64_t a, std::int64_t b) { return a <= b; });
}

TEST(MachinesTest, KleenesLogic) {
  InstructionCheck conjunction(Opcode::kAnd);
  InstructionCheck disjunction(Opcode::kOr);
  InstructionCheck negation(Opcode::kNot);
  for (const Logical& a : kLogicals) {
    for (const Logical& b : kLogicals) {
      const bool any_false = a == Logical(false) || b == Logical(false);
      const bool any_true = a == Logical(true) || b == Logical(true);
      conjunction.Row(any_false ? Logical(false) : a && b ? Logical(true) : Logical(), a, b);
      disjunction.Row(any_true ? Logical(true) : a && b ? Logical(false) : Logical(), a, b);
    }
    negation.Row(a ? Logical(!*a) : a, a);
  }
  conjunction.Run();
  disjunction.Run();
  negation.Run();
  CheckPairs<Logical, Logical>(Opcode::kEqualTruth, kLogicals,
                               [](bool a, bool b) { return a == b; });
  CheckPairs<Logical, Logical>(Opcode::kNotEqualTruth, kLogicals,
                               [](bool a, bool b) { return a != b; });
}

template <class Operand>
void CheckSelect(Opcode op, const std::vector<Operand>& values) {
  InstructionCheck check(op);
  for (const Logical& condition : kLogicals) {
    for (const Operand& x : values) {
      for (const Operand& y : values) {
        check.Row(!condition ? Operand() : *condition ? x : y, condition, x, y);
      }
    }
  }
  check.Run();
}

TEST(MachinesTest, Selection) {
  CheckSelect(Opcode::kSelectNumber, kNumbers);
  CheckSelect(Opcode::kSelectInteger, kIntegers);
  CheckSelect(Opcode::kSelectTruth, kLogicals);
}

TEST(MachinesTest, CountsOnlyWhatIsTrue) {
  InstructionCheck check(Opcode::kCountTrue);
  for (const Integer& count : kIntegers) {
    for (const Logical& truth : kLogicals) {
      const __int128 more = truth.value_or(false) ? 1 : 0;
      check.Row(count ? Whole(*count + more) : count, count, truth);
    }
  }
  check.Run();
}

TEST(MachinesTest, Moves) {
  InstructionCheck numbers(Opcode::kMove);
  for (const Number& a : kNumbers) numbers.Row(a, a);
  numbers.Run();
  InstructionCheck integers(Opcode::kMove);
  for (const Integer& a : kIntegers) integers.Row(a, a);
  integers.Run();
  InstructionCheck truths(Opcode::kMove);
  for (const Logical& a : kLogicals) truths.Row(a, a);
  truths.Run();
}

// Jumps are the scalar machine's alone: a ? b : c with branches.
TEST(MachinesTest, BranchesChoose) {
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

TEST(MachinesTest, JumpsSkipWhatIsDecided) {
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

TEST(MachinesTest, ElseOfNumbersAndIntegersIsMissingUnlessFalse) {
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

TEST(MachinesTest, CallsOfScoreFunctions) {
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

TEST(MachinesTest, ManyTemporaryColumns) {
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

TEST(MachinesTest, ColumnsMayHoldOneValueForAllRows) {
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

TEST(MachinesTest, AnyNumberOfRows) {
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
