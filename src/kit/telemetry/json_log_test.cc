// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/json_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <set>
#include <thread>

#include "kit/telemetry/json_text.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

// Both ends of a pipe; the sink writes to one.
class JsonLogTest : public testing::Test {
 protected:
  JsonLogTest() {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    sink_ = std::make_shared<JsonLogSink>(ends_[1]);
  }
  ~JsonLogTest() override {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }

  std::string Written() {
    close(ends_[1]);
    ends_[1] = -1;
    std::string text;
    char buffer[4096];
    while (true) {
      const ssize_t count = read(ends_[0], buffer, sizeof buffer);
      if (count <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(count));
    }
  }

  int ends_[2];
  FakeClock clock_;
  std::shared_ptr<JsonLogSink> sink_;
};

TEST_F(JsonLogTest, WritesOneObjectALine) {
  clock_.SetNow(FromUnixMicros(1'769'846'400'000'001));
  const Logger logger(sink_, clock_, LogLevel::kDebug);
  logger.With({{"role", "monitor"}})
      .Info("events recorded", {{"count", 3}, {"ratio", 0.5}, {"late", false}, {"study", "S1"}});
  logger.Error("second");
  EXPECT_EQ(Written(),
            R"({"time":"2026-01-31T08:00:00.000001Z","level":"info","message":"events recorded",)"
            R"("role":"monitor","count":3,"ratio":0.5,"late":false,"study":"S1"})"
            "\n"
            R"({"time":"2026-01-31T08:00:00.000001Z","level":"error","message":"second"})"
            "\n");
}

TEST_F(JsonLogTest, TextIsAlwaysValidJson) {
  const Logger logger(sink_, clock_, LogLevel::kDebug);
  logger.Info("x", {{"a\"b", std::string("q\" b\\ n\n t\t z\0 d\x7f", 17)}, {"bad", "\xc3(\xff"}});
  EXPECT_EQ(Written(), R"({"time":"2026-01-01T00:00:00.000000Z","level":"info","message":"x",)"
                       R"("a\"b":"q\" b\\ n\n t\t z\u0000 d\u007f","bad":")"
                       "\xef\xbf\xbd(\xef\xbf\xbd\"}\n");
}

TEST_F(JsonLogTest, NoNameComesTwice) {
  const Logger logger(sink_, clock_, LogLevel::kDebug);
  logger.With({{"a", 1}, {"a", 2}, {"b", 1}}).Info("x", {{"b", 2}, {"level", "mine"}});
  EXPECT_EQ(Written(), R"({"time":"2026-01-01T00:00:00.000000Z","level":"info","message":"x",)"
                       R"("a":2,"b":2,"level_":"mine"})"
                       "\n");
}

TEST_F(JsonLogTest, LinesOfManyThreadsDoNotMix) {
  const Logger logger(sink_, clock_, LogLevel::kDebug);
  std::string text;
  {
    std::jthread reader([&] {
      char buffer[4096];
      for (ssize_t count = 1; count > 0;) {
        count = read(ends_[0], buffer, sizeof buffer);
        if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
      }
    });
    {
      std::vector<std::jthread> writers;
      for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&] {
          for (int k = 0; k < 500; ++k) logger.Info("m", {{"pad", std::string(200, 'x')}});
        });
      }
    }
    close(ends_[1]);
    ends_[1] = -1;
  }
  std::set<std::string> lines;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const std::size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    lines.insert(text.substr(at, end - at));
    at = end + 1;
  }
  EXPECT_EQ(count, 2000U);
  EXPECT_EQ(lines.size(), 1U);
}

// Standard error is a pipe that blocks, and who reads it may stand still.
TEST_F(JsonLogTest, APipeThatNobodyReadsHoldsNobodyUp) {
  const Logger logger(sink_, clock_, LogLevel::kDebug);
  const std::string pad(5000, 'x');
  for (int i = 0; i < 200; ++i) logger.Info("held up", {{"pad", pad}});
  EXPECT_GT(sink_->dropped(), 100U);
  // Its other end reads again.
  std::string text;
  std::string buffer(1 << 20, '\0');
  text.assign(buffer.data(), static_cast<std::size_t>(read(ends_[0], buffer.data(), 1 << 20)));
  const std::uint64_t dropped = sink_->dropped();
  logger.Info("read again");
  EXPECT_EQ(sink_->dropped(), dropped);
  text += Written();
  EXPECT_TRUE(text.ends_with(
      "\n" + FormatJsonLogLine({clock_.Now(), LogLevel::kInfo, "read again", {}, {}}) + "\n"));
}

TEST_F(JsonLogTest, AnUnwritableFileDropsAndCounts) {
  JsonLogSink closed(-1);
  closed.Write({clock_.Now(), LogLevel::kInfo, "lost", {}, {}});
  EXPECT_EQ(closed.dropped(), 1U);
  EXPECT_EQ(sink_->dropped(), 0U);
}

TEST(JsonTextTest, KeepsEveryWellFormedSequenceAndNoOther) {
  const auto quoted = [](std::string_view text) {
    std::string out;
    AppendJsonString(out, text);
    return out;
  };
  for (const std::string text : {"é", "张", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
    EXPECT_EQ(quoted(text), "\"" + text + "\"");
  }
  // Overlong, a surrogate, above U+10FFFF, cut off, a stray continuation.
  for (const std::string text : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                 "\xf0\x9f\x98", "\x80", "\xfe"}) {
    std::string expected = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) expected += "\xef\xbf\xbd";
    EXPECT_EQ(quoted(text), expected + "\"");
  }
}

TEST(JsonTextTest, NumbersThatJsonLacksAreNull) {
  std::string out;
  AppendJsonNumber(out, std::numeric_limits<double>::quiet_NaN());
  out.push_back(' ');
  AppendJsonNumber(out, std::numeric_limits<double>::infinity());
  out.push_back(' ');
  AppendJsonNumber(out, 0.1);
  EXPECT_EQ(out, "null null 0.1");
}

TEST(LogLevelTest, NamesGoBothWays) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_EQ(LogLevelFromName(LogLevelName(level)), level);
  }
  EXPECT_EQ(LogLevelFromName("verbose"), std::nullopt);
}

}  // namespace
}  // namespace vedette
