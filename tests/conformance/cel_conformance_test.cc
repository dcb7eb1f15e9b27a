// SPDX-License-Identifier: Apache-2.0
// Every case of every file: parsed, formatted and parsed again, evaluated.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "conformance/cel_cases.h"
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
