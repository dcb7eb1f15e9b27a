// SPDX-License-Identifier: Apache-2.0
// Every case of every file: parsed, formatted and parsed again, checked, evaluated.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "conformance/cel_cases.h"
#include "rules/check/checker.h"
#include "rules/eval/evaluator.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

std::filesystem::path Folder() {
  const char* shared = std::getenv("VEDETTE_SHARED_DATA");
  return std::filesystem::path(shared == nullptr ? "../shared/data" : shared) / "cel";
}

class Bindings : public Scope {
 public:
  explicit Bindings(const CelCase& of) : bindings_(of.bindings) {}

  std::optional<Value> Find(std::string_view name) const override {
    const auto found = bindings_.find(name);
    return found == bindings_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Value> Call(std::string_view /*function*/,
                            std::span<const Value> /*arguments*/) const override {
    return std::nullopt;
  }

 private:
  const std::map<std::string, Value, std::less<>>& bindings_;
};

Type TypeOf(const CaseType& stated) {
  static const std::map<std::string, TypeKind, std::less<>> kKinds = {
      {"null", TypeKind::kNull},         {"bool", TypeKind::kBool},
      {"int", TypeKind::kInt},           {"uint", TypeKind::kUint},
      {"double", TypeKind::kDouble},     {"string", TypeKind::kString},
      {"bytes", TypeKind::kBytes},       {"timestamp", TypeKind::kTimestamp},
      {"duration", TypeKind::kDuration}, {"list", TypeKind::kList},
      {"map", TypeKind::kMap},           {"optional", TypeKind::kOptional},
      {"type", TypeKind::kType},
  };
  const auto kind = kKinds.find(stated.name);
  Type type = Type::Of(kind == kKinds.end() ? TypeKind::kDyn : kind->second);
  for (const CaseType& parameter : stated.parameters) {
    type.parameters.push_back(TypeOf(parameter));
  }
  return type;
}

std::optional<Diagnostics> MistakesOf(const std::shared_ptr<const Ast>& ast, const CelCase& test) {
  CheckerOptions options{.container = test.container};
  for (const auto& [name, type] : test.variables) {
    options.variables.emplace(name, TypeOf(type));
  }
  auto checked = Check(ast, options);
  return checked ? std::nullopt : std::optional(std::move(checked.error()));
}

// What is wrong with a case; empty when nothing is.
std::string Judge(const CelCase& test) {
  const auto ast = Parse(test.expression, {.macros = test.macros});
  if (!ast) {
    return test.value ? "does not parse: " + Render(test.expression, ast.error()[0]) : "";
  }
  const std::string formatted = Format(*(*ast)->root);
  const auto again = Parse(formatted, {.macros = test.macros});
  if (!again || !SameTree(*(*ast)->root, *(*again)->root)) {
    return "is another expression once formatted: " + formatted;
  }
  const auto mistakes = test.check ? MistakesOf(*ast, test) : std::nullopt;
  if (mistakes) {
    return test.value ? "does not check: " + Render(test.expression, mistakes->at(0)) : "";
  }
  if (test.check_only) {
    return "";
  }
  const Value got = Evaluate(*(*ast)->root, Bindings(test),
                             {.container = test.container, .division_by_zero_is_unknown = false});
  const bool right = test.value ? SameValue(*test.value, got) : got.IsError();
  return right ? ""
               : "expected " + (test.value ? DescribeValue(*test.value) : "an error") + ", got " +
                     DescribeValue(got);
}

std::vector<std::filesystem::path> Files() {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(Folder(), none)) {
    if (entry.path().extension() == ".jsonl") {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

TEST(CelConformanceTest, EveryCase) {
  const std::vector<std::filesystem::path> files = Files();
  if (files.empty()) {
    GTEST_SKIP() << "no conformance cases at " << Folder();
  }
  std::size_t total = 0;
  std::size_t total_passed = 0;
  for (const std::filesystem::path& file : files) {
    const std::vector<CelCase> cases = ReadCelCases(file);
    std::size_t passed = 0;
    for (const CelCase& test : cases) {
      const std::string wrong = Judge(test);
      EXPECT_EQ(wrong, "") << file.stem().string() << "/" << test.name << ": " << test.expression;
      passed += wrong.empty() ? 1 : 0;
    }
    EXPECT_FALSE(cases.empty()) << file;
    std::cout << file.stem().string() << ": " << passed << " of " << cases.size() << "\n";
    total += cases.size();
    total_passed += passed;
  }
  std::cout << "all: " << total_passed << " of " << total << "\n";
}

}  // namespace
}  // namespace vedette::rules
