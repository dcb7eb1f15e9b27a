// SPDX-License-Identifier: Apache-2.0
// What a data manager is told about each of the mistakes in testdata/mistakes.txt, to the letter.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "rules/check/checker.h"
#include "rules/check/test_catalog.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

constexpr const char* kPath = "src/rules/check/testdata/mistakes.txt";

struct Mistake {
  int line = 0;        // of the file
  std::string source;  // lines after "> "
  std::string scope;   // "row AE", "site"; empty: subject
  std::string expected;
};

// Blocks separated by empty lines; "#" begins a comment.
std::vector<Mistake> ReadMistakes() {
  std::ifstream file(kPath);
  std::vector<Mistake> mistakes;
  Mistake block;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.starts_with("#")) continue;
    if (text.empty()) {
      if (!block.source.empty()) mistakes.push_back(block);
      block = {};
    } else if (text.starts_with("> ")) {
      if (block.source.empty()) block.line = number;
      block.source += (block.source.empty() ? "" : "\n") + text.substr(2);
    } else if (text.starts_with("scope: ")) {
      block.scope = text.substr(7);
    } else {
      block.expected += text + "\n";
    }
  }
  if (!block.source.empty()) mistakes.push_back(block);
  return mistakes;
}

CheckerOptions OptionsFor(const Mistake& mistake, const Catalog& catalog) {
  CheckerOptions options{.catalog = &catalog, .expected = Type::Of(TypeKind::kBool)};
  if (mistake.scope.starts_with("row ")) {
    options.scope = EvaluationScope::kRow;
    options.each_form = mistake.scope.substr(4);
  } else if (mistake.scope == "visit") {
    options.scope = EvaluationScope::kVisit;
  } else if (mistake.scope == "site") {
    options.scope = EvaluationScope::kSite;
  }
  return options;
}

std::string Told(const Mistake& mistake) {
  const auto catalog = TestCatalog();
  std::string told;
  auto render = [&](const Diagnostics& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics) {
      if (diagnostic.gravity == Gravity::kWarning) told += "warning:\n";
      told += Render(mistake.source, diagnostic) + "\n";
    }
  };
  const auto ast = Parse(mistake.source);
  if (!ast) {
    render(ast.error());
    return told;
  }
  const auto checked = Check(*ast, OptionsFor(mistake, *catalog));
  render(checked ? checked->warnings : checked.error());
  return told;
}

TEST(MistakesTest, EachIsToldToTheLetter) {
  const std::vector<Mistake> mistakes = ReadMistakes();
  ASSERT_GE(mistakes.size(), 50U) << "run it in the root of the source tree; reads " << kPath;
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(Told(mistake), mistake.expected) << kPath << ":" << mistake.line;
  }
}

TEST(MistakesTest, EveryMessageSaysWhatToDo) {
  for (const Mistake& mistake : ReadMistakes()) {
    std::istringstream lines(mistake.expected);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t caret = line.find('^');
      if (caret == std::string::npos) continue;
      EXPECT_NE(line.find("; ", caret), std::string::npos) << kPath << ":" << mistake.line;
      EXPECT_LT(line.size() - line.rfind('^'), 240U) << kPath << ":" << mistake.line;
    }
  }
}

}  // namespace
}  // namespace vedette::rules
