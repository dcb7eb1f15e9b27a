// SPDX-License-Identifier: Apache-2.0
#include "app/command_line.h"

#include <gtest/gtest.h>

namespace vedette::app {
namespace {

const CommandSpec kSpec = {"import",
                           "FILE…",
                           "Imports files.",
                           {{"study", "ID", "the study"},
                            {"batch", "ROWS", "rows a call", "1000"},
                            {"set", "KEY=VALUE", "overrides", "", true},
                            {"dry-run", "", "changes nothing"}}};

Result<Arguments> Parse(std::vector<std::string> words) { return Arguments::Parse(kSpec, words); }

TEST(ArgumentsTest, TakesBothFormsOfAValue) {
  const auto parsed = Parse({"--study", "S1", "a.csv", "--batch=5", "--dry-run", "b.csv"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->Get("study"), "S1");
  EXPECT_EQ(*parsed->GetInt("batch", 1, 10), 5);
  EXPECT_TRUE(parsed->Has("dry-run"));
  EXPECT_EQ(parsed->positional(), (std::vector<std::string>{"a.csv", "b.csv"}));
}

TEST(ArgumentsTest, DefaultsAndRepetition) {
  const auto parsed = Parse({"--set", "a=1", "--set=b=2"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed->GetInt("batch", 1, 10'000), 1000);
  EXPECT_EQ(parsed->GetAll("set"), (std::vector<std::string>{"a=1", "b=2"}));
}

TEST(ArgumentsTest, MistakesAreNamed) {
  EXPECT_EQ(Parse({"--stduy", "x"}).error().message,
            "unknown option --stduy; did you mean --study?");
  EXPECT_EQ(Parse({"--study"}).error().message, "option --study needs a value: ID");
  EXPECT_EQ(Parse({"--dry-run=yes"}).error().message, "option --dry-run takes no value");
  EXPECT_EQ(Parse({"--study=a", "--study=b"}).error().message, "option --study is given twice");
  EXPECT_FALSE(Parse({"--batch=ten"})->GetInt("batch", 1, 10));
  EXPECT_FALSE(Parse({"--batch=11"})->GetInt("batch", 1, 10));
}

TEST(UsageTest, ShowsEveryOption) {
  const std::string usage = Usage(kSpec);
  for (const char* word : {"--study ID", "--batch ROWS", "(default 1000)", "--dry-run"}) {
    EXPECT_NE(usage.find(word), std::string::npos) << word;
  }
}

}  // namespace
}  // namespace vedette::app
