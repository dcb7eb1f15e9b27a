// SPDX-License-Identifier: Apache-2.0
// Whatever parses has a value, within the step limit, and the same one twice.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/eval/evaluator.h"
#include "rules/eval/operations.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

// A series, as far as an evaluation sees one.
class Series : public Object {
 public:
  std::string_view TypeName() const override { return "series"; }
  Value Select(std::string_view field) const override {
    if (field == "value") {
      return Value(IntervalValue{-0.5, 3.42});
    }
    return field == "change" ? Value::Unknown() : Value::Error("no such field");
  }
  bool Has(std::string_view field) const override { return field == "value"; }
  Value Call(std::string_view /*function*/, std::span<const Value> arguments) const override {
    return arguments.empty() ? Value(2.5) : arguments[0];
  }
  std::optional<ValueList> Elements() const override {
    return ValueList{Value(1.0), Value::Unknown(), Value(std::int64_t{-7})};
  }
};

class FewNames : public Scope {
 public:
  std::optional<Value> Find(std::string_view name) const override {
    if (name == "i") {
      return Value(std::int64_t{-3});
    }
    if (name == "d") {
      return Value(0.25);
    }
    if (name == "s") {
      return Value::Text("aé🐱");
    }
    if (name == "u") {
      return Value::Unknown();
    }
    if (name == "t") {
      return Value(TimestampValue{1'700'000'000, 5});
    }
    if (name == "lab.ALT") {
      return Value(std::shared_ptr<const Object>(std::make_shared<Series>()));
    }
    return std::nullopt;
  }
  std::optional<Value> Call(std::string_view function,
                            std::span<const Value> arguments) const override {
    return function == "days" && arguments.size() == 1 ? std::optional(MakeDuration(86400, 0))
                                                       : std::nullopt;
  }
};

}  // namespace
}  // namespace vedette::rules

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vedette::rules;
  const auto ast = Parse({reinterpret_cast<const char*>(data), size});
  if (!ast) {
    return 0;
  }
  EvaluationTrace trace;
  const EvaluatorOptions options{.container = "a.b", .step_limit = 20'000, .trace = &trace};
  const Value first = Evaluate(*(*ast)->root, FewNames{}, options);
  const Value second = Evaluate(*(*ast)->root, FewNames{}, options);
  if (first.variant().index() != second.variant().index() || trace.values.size() > (*ast)->size) {
    std::abort();
  }
  return 0;
}
