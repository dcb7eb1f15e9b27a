// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rules/check/checker.h"
#include "rules/eval/evaluator.h"
#include "rules/plan/condition.h"
#include "rules/plan/vector_machine.h"
#include "rules/syntax/parser.h"

// Random conditions over attributes, judged by the tree walker, the scalar machine and both paths
// of the vector machine: every verdict must be the same.
namespace vedette::rules {
namespace {

#ifdef NDEBUG
constexpr int kConditions = 6000;
#else
constexpr int kConditions = 600;
#endif
constexpr std::size_t kRows = 70;  // more than a word of 64

constexpr std::string_view kNumberNames[] = {"n0", "n1", "n2", "n3"};
constexpr std::string_view kTimeNames[] = {"t0", "t1"};
constexpr std::string_view kTruthNames[] = {"b0", "b1"};
constexpr std::string_view kTextName = "s0";

std::shared_ptr<const Catalog> AttributeCatalog() {
  auto catalog = std::make_shared<Catalog>();
  const auto add = [&catalog](std::string_view name, ValueKind kind) {
    catalog->items.push_back({.code = std::string(name),
                              .name = std::string(name),
                              .role = CatalogItem::Role::kAttribute,
                              .kind = kind});
  };
  for (const std::string_view name : kNumberNames) add(name, ValueKind::kNumber);
  for (const std::string_view name : kTimeNames) add(name, ValueKind::kTime);
  for (const std::string_view name : kTruthNames) add(name, ValueKind::kBoolean);
  add(kTextName, ValueKind::kText);
  catalog->Finish();
  return catalog;
}

// Writes well-typed conditions.
class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  std::string Truth(int depth) {
    if (depth <= 0) return OneOf({Attribute(kTruthNames), "true", "false", NumbersCompared(0)});
    switch (Below(13)) {
      case 12:
        return "(" + Grade(depth) + Comparison() + OneOf({"0", "1", "2", "3"}) + ")";
      case 0:
        return "(" + Truth(depth - 1) + " && " + Truth(depth - 1) + ")";
      case 1:
        return "(" + Truth(depth - 1) + " || " + Truth(depth - 1) + ")";
      case 2:
        return "!(" + Truth(depth - 1) + ")";
      case 3:
        return "(" + Truth(depth - 1) + " ? " + Truth(depth - 1) + " : " + Truth(depth - 1) + ")";
      case 4:
        return "((" + Truth(depth - 1) + OneOf({") == (", ") != ("}) + Truth(depth - 1) + "))";
      case 5:
        return "(" + Integer(depth - 1) + Comparison() + Integer(depth - 1) + ")";
      case 6:
        return "(" + Time(depth - 1) + Comparison() + Time(depth - 1) + ")";
      case 7:
        return "(" + Duration(depth - 1) + Comparison() + Duration(depth - 1) + ")";
      case 8:
        return "(" + Number(depth - 1) + " in [1.0, -1.0, 3.0])";
      case 9:
        return "([" + Truth(depth - 1) + ", " + Truth(depth - 1) + ", " + Truth(depth - 1) +
               "].count_true()" + Comparison() + OneOf({"0", "1", "2", "3", "4"}) + ")";
      case 10:
        return OneOf({"subject.s0 == \"A\"", "[1.0, 2.0].exists(x, x > " + Number(depth - 1) + ")",
                      "[" + Truth(depth - 1) + "].all(x, x)"});
      default:
        return NumbersCompared(depth);
    }
  }

 private:
  std::string NumbersCompared(int depth) {
    const std::string left = "(" + Number(depth - 1) + Comparison();
    return left + (Below(6) == 0 ? Integer(depth - 1) : Number(depth - 1)) + ")";
  }

  // A chain of choices between constants, mostly about the same two numbers.
  std::string Grade(int depth) {
    const std::string value = Attribute(kNumberNames);
    const std::string limit = Attribute(kNumberNames);
    std::string grade = OneOf({"0", "1"});
    for (std::size_t steps = 1 + Below(4); steps > 0; --steps) {
      const std::string factor = OneOf({"3.0", "0.5", "-7.0", "0.0"});
      const std::string condition =
          OneOf({value + Comparison() + factor + " * " + limit, value + Comparison() + factor,
                 "!(" + value + Comparison() + limit + " * " + factor + ")",
                 limit + " * " + limit + Comparison() + value, Truth(depth - 2)});
      grade = "(" + condition + " ? " + OneOf({"0", "1", "2", "3"}) + " : " + grade + ")";
      if (Below(5) == 0) {
        grade = "(" + Attribute(kTruthNames) + " ? " + grade + " : " + OneOf({"0", "2"}) + ")";
      }
    }
    return grade;
  }

  std::string Number(int depth) {
    if (depth <= 0 || Below(3) == 0) {
      return OneOf({Attribute(kNumberNames), Attribute(kNumberNames),
                    OneOf({"0.0", "1.0", "3.0", "0.5", "100.25", "-7.0"})});
    }
    switch (Below(9)) {
      case 8:
        return "(" + Integer(depth - 1) + OneOf({" * ", " - ", " / "}) + Number(depth - 1) + ")";
      case 0:
        return "(" + Number(depth - 1) + " + " + Number(depth - 1) + ")";
      case 1:
        return "(" + Number(depth - 1) + " - " + Number(depth - 1) + ")";
      case 2:
      case 3:
        return "(" + Number(depth - 1) + " * " + Number(depth - 1) + ")";
      case 4:
        return "(" + Number(depth - 1) + " / " + Number(depth - 1) + ")";
      case 5:
        return "-(" + Number(depth - 1) + ")";
      case 6:
        return "double(" + Integer(depth - 1) + ")";
      default:
        return "(" + Truth(depth - 1) + " ? " + Number(depth - 1) + " : " + Number(depth - 1) + ")";
    }
  }

  std::string Integer(int depth) {
    if (depth <= 0) {
      return OneOf({"0", "1", "2", "-3", "7", "3037000500", "9223372036854775807",
                    "int(" + Attribute(kNumberNames) + ")"});
    }
    switch (Below(8)) {
      case 0:
        return "(" + Integer(depth - 1) + " + " + Integer(depth - 1) + ")";
      case 1:
        return "(" + Integer(depth - 1) + " - " + Integer(depth - 1) + ")";
      case 2:
        return "(" + Integer(depth - 1) + " * " + Integer(depth - 1) + ")";
      case 3:
        return "(" + Integer(depth - 1) + " / " + Integer(depth - 1) + ")";
      case 4:
        return "(" + Integer(depth - 1) + " % " + Integer(depth - 1) + ")";
      case 5:
        return "-(" + Integer(depth - 1) + ")";
      case 6:
        return "(" + Truth(depth - 1) + " ? " + Integer(depth - 1) + " : " + Integer(depth - 1) +
               ")";
      default:
        return "int(" + Number(depth - 1) + ")";
    }
  }

  std::string Time(int depth) {
    if (depth <= 0) {
      return OneOf({Attribute(kTimeNames), Attribute(kTimeNames),
                    "timestamp(\"2026-01-31T00:00:00Z\")",
                    "timestamp(\"2026-01-31T00:00:00.5Z\")"});
    }
    switch (Below(3)) {
      case 0:
        return "(" + Time(depth - 1) + " + " + Duration(depth - 1) + ")";
      case 1:
        return "(" + Time(depth - 1) + " - " + Duration(depth - 1) + ")";
      default:
        return "(" + Truth(depth - 1) + " ? " + Time(depth - 1) + " : " + Time(depth - 1) + ")";
    }
  }

  std::string Duration(int depth) {
    if (depth <= 0) {
      return OneOf({"days(3)", "hours(36)", "weeks(2)", "days(-1)", "days(3652500)",
                    "duration(\"90s\")", "duration(\"1.5s\")"});
    }
    switch (Below(3)) {
      case 0:
        return "(" + Duration(depth - 1) + " + " + Duration(depth - 1) + ")";
      case 1:
        return "(" + Duration(depth - 1) + " - " + Duration(depth - 1) + ")";
      default:
        return "(" + Time(depth - 1) + " - " + Time(depth - 1) + ")";
    }
  }

  std::string Comparison() { return OneOf({" < ", " <= ", " > ", " >= ", " == ", " != "}); }

  template <std::size_t n>
  std::string Attribute(const std::string_view (&names)[n]) {
    return "subject." + std::string(names[Below(n)]);
  }

  std::string OneOf(std::initializer_list<std::string> choices) {
    return choices.begin()[Below(choices.size())];
  }

  std::size_t Below(std::size_t limit) { return random_() % limit; }

  std::mt19937_64 random_;
};

// One subject: an attribute is unknown where its slot is missing.
class SubjectScope final : public Scope {
 public:
  explicit SubjectScope(const Catalog& catalog) : catalog_(catalog) {}

  void Fill(std::mt19937_64* random) {
    static constexpr double kNumbers[] = {0, 1, -1, 0.5, 3, 100.25, -7, 2.5};
    static constexpr std::int64_t kTimes[] = {0, 1'769'817'600, 1'769'817'601, 253'402'300'799,
                                              -62'135'596'800};
    values_.clear();
    for (const CatalogItem& item : catalog_.items) {
      const std::uint64_t choice = (*random)();
      if (choice % 5 == 0) {
        values_.push_back(Value::Unknown());
      } else if (item.kind == ValueKind::kNumber) {
        values_.push_back(Value(kNumbers[choice / 5 % std::size(kNumbers)]));
      } else if (item.kind == ValueKind::kTime) {
        values_.push_back(Value(TimestampValue{kTimes[choice / 5 % std::size(kTimes)], 0}));
      } else if (item.kind == ValueKind::kBoolean) {
        values_.push_back(Value(choice / 5 % 2 == 0));
      } else {
        values_.push_back(Value::Text(choice / 5 % 2 == 0 ? "A" : "B"));
      }
    }
  }

  std::optional<Value> Find(std::string_view name) const override {
    if (!name.starts_with("subject.")) return std::nullopt;
    const CatalogItem* item = catalog_.FindAttribute(name.substr(8));
    return item == nullptr ? std::nullopt : std::optional(values_[catalog_.IndexOf(*item)]);
  }

  std::optional<Value> Call(std::string_view function,
                            std::span<const Value> arguments) const override {
    const std::int64_t unit = function == "days"    ? 86'400
                              : function == "hours" ? 3'600
                              : function == "weeks" ? 604'800
                                                    : 0;
    if (unit == 0 || arguments.size() != 1) return std::nullopt;
    return Value(DurationValue{*arguments[0].As<std::int64_t>() * unit, 0});
  }

  static Truth TruthOf(const Value& value) {
    const bool* truth = value.As<bool>();
    return truth == nullptr ? Truth::kUnknown : *truth ? Truth::kTrue : Truth::kFalse;
  }

  Slot SlotOf(const Feature& feature) const {
    if (feature.kind == FeatureKind::kAttribute) return ToSlot(values_[feature.item], feature.slot);
    EXPECT_EQ(feature.kind, FeatureKind::kExpression);
    return ToSlot(Evaluate(*feature.expr, *this), feature.slot);
  }

 private:
  static Slot ToSlot(const Value& value, SlotKind kind) {
    switch (kind) {
      case SlotKind::kNumber: {
        const auto* number = value.As<double>();
        return {.number = number == nullptr ? std::numeric_limits<double>::quiet_NaN() : *number};
      }
      case SlotKind::kTruth:
        return {.integer = static_cast<std::int64_t>(TruthOf(value))};
      case SlotKind::kInteger: {
        const auto* integer = value.As<std::int64_t>();
        return {.integer = integer == nullptr ? kMissing : *integer};
      }
      case SlotKind::kTime: {
        const auto* time = value.As<TimestampValue>();
        return {.integer = time == nullptr ? kMissing : time->seconds};
      }
      case SlotKind::kDuration: {
        const auto* duration = value.As<DurationValue>();
        return {.integer = duration == nullptr ? kMissing : duration->seconds};
      }
    }
    return {.integer = kMissing};
  }

  const Catalog& catalog_;
  std::vector<Value> values_;
};

// Verdicts of every row, by one machine.
using Verdicts = std::vector<Truth>;

Verdicts RunVector(const Condition& condition,
                   const std::vector<std::vector<Slot>>& columns,
                   VectorPath path) {
  std::vector<SlotColumn> views;
  for (const std::vector<Slot>& column : columns) views.push_back({column.data()});
  std::uint64_t is_true[kBatchRows / 64];
  std::uint64_t is_false[kBatchRows / 64];
  RunProgramColumns(condition.vector(), views, kRows, path, is_true, is_false);
  Verdicts verdicts;
  for (std::size_t row = 0; row < kRows; ++row) {
    const bool t = is_true[row / 64] >> (row % 64) & 1;
    const bool f = is_false[row / 64] >> (row % 64) & 1;
    EXPECT_FALSE(t && f);
    verdicts.push_back(t ? Truth::kTrue : f ? Truth::kFalse : Truth::kUnknown);
  }
  return verdicts;
}

struct Tally {
  int compiled = 0;
  int native = 0;  // without a feature for the tree walker
  int verdicts[3] = {};
};

void CompareMachines(const std::string& text,
                     const std::shared_ptr<const Catalog>& catalog,
                     std::mt19937_64* random,
                     Tally* tally) {
  CheckerOptions options;
  options.catalog = catalog.get();
  options.expected = Type::Of(TypeKind::kBool);
  const auto ast = Parse(text);
  ASSERT_TRUE(ast.has_value()) << text;
  auto checked = Check(*ast, options);
  ASSERT_TRUE(checked.has_value()) << Render(text, checked.error().front());
  const auto condition = Condition::Compile(*std::move(checked), *catalog);
  ASSERT_TRUE(condition.has_value()) << text;
  ASSERT_TRUE(VerifyProgram(condition->scalar()).has_value())
      << text << ": " << VerifyProgram(condition->scalar()).error();
  ASSERT_TRUE(VerifyProgram(condition->vector()).has_value())
      << text << ": " << VerifyProgram(condition->vector()).error();
  ++tally->compiled;
  tally->native += std::ranges::none_of(condition->features(), [](const Feature& feature) {
    return feature.kind == FeatureKind::kExpression;
  });

  SubjectScope scope(*catalog);
  Verdicts walked;
  Verdicts scalar;
  std::vector<std::vector<Slot>> columns(condition->features().size());
  std::vector<Slot> frame(condition->frame_size());
  condition->Prepare(frame.data());
  for (std::size_t row = 0; row < kRows; ++row) {
    scope.Fill(random);
    walked.push_back(SubjectScope::TruthOf(Evaluate(condition->expr(), scope)));
    ++tally->verdicts[static_cast<std::size_t>(walked.back())];
    for (std::size_t i = 0; i < columns.size(); ++i) {
      frame[i] = scope.SlotOf(condition->features()[i]);
      columns[i].push_back(frame[i]);
    }
    scalar.push_back(condition->Run(frame.data()));
  }
  ASSERT_EQ(scalar, walked) << text;
  ASSERT_EQ(RunVector(*condition, columns, VectorPath::kPortable), walked) << text;
  if (HasVectorPath(VectorPath::kAvx2)) {
    ASSERT_EQ(RunVector(*condition, columns, VectorPath::kAvx2), walked) << text;
  }
}

TEST(MachineAgreementTest, RandomConditions) {
  const auto catalog = AttributeCatalog();
  Author author(20'261'121);
  std::mt19937_64 random(7);
  Tally tally;
  for (int i = 0; i < kConditions; ++i) {
    const std::string text = author.Truth(1 + i % 4);
    CompareMachines(text, catalog, &random, &tally);
    if (testing::Test::HasFatalFailure()) return;
  }
  // The conditions are worth comparing: all compile, many without the walker, and all verdicts
  // come.
  EXPECT_EQ(tally.compiled, kConditions);
  EXPECT_GT(tally.native, kConditions / 3);
  for (const int verdicts : tally.verdicts) EXPECT_GT(verdicts, tally.compiled);
}

}  // namespace
}  // namespace vedette::rules
