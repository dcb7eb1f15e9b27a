// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "rules/plan/machines_for_test.h"
#include "rules/plan/opcode.h"
#include "rules/plan/program_builder.h"

// Every instruction by itself.
namespace vedette::rules {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
const std::vector<Number> kNumbers = {std::nullopt, 0.0,   -0.0,   1.0,       -1.5,   3.0,
                                      0.1,          1e308, -1e308, kInfinity, 9.3e18, -9.3e18};
const std::vector<Integer> kIntegers = {
    std::nullopt,    0,        1,        -1, 2, -7, 86'400, 253'402'300'799, -62'135'596'800,
    315'576'000'000, kLargest, -kLargest};

RegisterKind KindOf(Number) { return RegisterKind::kNumber; }
RegisterKind KindOf(Integer) { return RegisterKind::kInteger; }
RegisterKind KindOf(Logical) { return RegisterKind::kTruth; }
Opcode EqualOf(RegisterKind kind) {
  return kind == RegisterKind::kNumber ? Opcode::kEqualNumber : Opcode::kEqualInteger;
}

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
}  // namespace
}  // namespace vedette::rules
