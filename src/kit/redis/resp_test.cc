// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/resp.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace vedette::redis {
namespace {

constexpr std::size_t kPlenty = 1 << 20;

std::vector<Answer> ReadAll(std::string_view bytes, std::size_t step) {
  AnswerReader reader(kPlenty);
  std::vector<Answer> answers;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    EXPECT_TRUE(reader.Feed(bytes.substr(at, step)));
    for (;;) {
      auto answer = reader.Next();
      EXPECT_TRUE(answer);
      if (!answer || !*answer) break;
      answers.push_back(**std::move(answer));
    }
  }
  return answers;
}

TEST(RespTest, WritesCommands) {
  std::string out;
  AppendCommand(out, "SET", std::vector<std::string>{"k", std::string("a\r\nb\0c", 6)});
  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\n" + std::string("a\r\nb\0c", 6) + "\r\n");
  out.clear();
  AppendCommand(out, "CLIENT SETNAME", std::vector<std::string>{"x"});
  EXPECT_EQ(out, "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$1\r\nx\r\n");
}

TEST(RespTest, ReadsEveryKindHoweverTheBytesAreCut) {
  const std::string_view bytes =
      "+OK\r\n:-7\r\n$-1\r\n*-1\r\n$0\r\n\r\n$3\r\na\nb\r\n*0\r\n*3\r\n:1\r\n*2\r\n+x\r\n$-1\r\n$"
      "1\r\ny\r\n"
      "-WRONGTYPE of secret\r\n";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const std::vector<Answer> answers = ReadAll(bytes, step);
    ASSERT_EQ(answers.size(), 9U) << step;
    EXPECT_EQ(*answers[0].reply.text(), "OK");
    EXPECT_EQ(*answers[1].reply.integer(), -7);
    EXPECT_TRUE(answers[2].reply.IsNil());
    EXPECT_TRUE(answers[3].reply.IsNil());
    EXPECT_EQ(*answers[4].reply.text(), "");
    EXPECT_EQ(*answers[5].reply.text(), "a\nb");
    EXPECT_TRUE(answers[6].reply.array()->empty());
    const auto& list = *answers[7].reply.array();
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(*(*list[1].array())[0].text(), "x");
    EXPECT_TRUE((*list[1].array())[1].IsNil());
    EXPECT_EQ(*list[2].text(), "y");
    EXPECT_EQ(answers[8].ErrorWord(), "WRONGTYPE");
  }
}

TEST(RespTest, ErrorWithinAnArrayIsTheErrorOfTheWhole) {
  const auto answers = ReadAll("*2\r\n+OK\r\n-OOM no memory\r\n", 100);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].ErrorWord(), "OOM");
  EXPECT_TRUE(answers[0].IsServerTrouble());
}

TEST(RespTest, WordIsUpperCaseLettersOnly) {
  EXPECT_EQ((Answer{.error = "Jane is 44"}).ErrorWord(), "J");
  EXPECT_EQ((Answer{.error = std::string(100, 'A')}).ErrorWord().size(), 32U);
}

TEST(RespTest, WhatIsTooLongIsRefused) {
  AnswerReader reader(10);
  ASSERT_TRUE(reader.Feed("$20\r\n"));
  ASSERT_TRUE(reader.Next());
  EXPECT_FALSE(reader.Feed("123456"));
}

TEST(RespTest, HugeArrayTakesNoMemoryBeforeItComes) {
  AnswerReader reader(kPlenty);
  ASSERT_TRUE(reader.Feed("*2147483647\r\n:1\r\n"));
  const auto answer = reader.Next();
  EXPECT_TRUE(!answer || !*answer);
}

TEST(RespTest, SurvivesAnyBytes) {
  SeededRandom random(7);
  constexpr std::string_view kLetters = "*$+-:0123456789\r\n\r\nabc";
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    AnswerReader reader(kPlenty);
    std::string bytes;
    for (std::uint64_t i = random.Below(60); i > 0; --i) {
      bytes += kLetters[random.Below(kLetters.size())];
    }
    if (!reader.Feed(bytes)) continue;
    for (;;) {
      const auto answer = reader.Next();
      if (!answer) ++refused;
      if (!answer || !*answer) break;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace vedette::redis
