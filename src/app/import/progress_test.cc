// SPDX-License-Identifier: Apache-2.0
#include "app/import/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "kit/testing/fake_clock.h"

namespace vedette::importing {
namespace {

struct OpenMemory {
  OpenMemory() : file(open_memstream(&text, &size)) {}
  ~OpenMemory() {
    std::fclose(file);
    std::free(text);
  }
  std::string Text() {
    std::fflush(file);
    return {text, size};
  }
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* file;
};

TEST(ProgressTest, SaysHowFarItIs) {
  EXPECT_EQ(FormatProgress({12345, 2, 25, 100, 3.0}, false),
            " 25%  12,345 rows  4,115 rows/s  0:09 left  2 rejected");
  EXPECT_EQ(FormatProgress({12345, 0, 50, 100, 0.1}, true),
            "[##########··········]  50%  12,345 rows");
  EXPECT_EQ(FormatProgress({10, 0, 50, std::nullopt, 1.0}, true), "10 rows  10 rows/s");
  EXPECT_EQ(GroupDigits(0), "0");
  EXPECT_EQ(GroupDigits(999), "999");
  EXPECT_EQ(GroupDigits(1234567), "1,234,567");
}

TEST(ProgressTest, DrawsTenTimesASecondOnATerminal) {
  FakeClock clock;
  OpenMemory out;
  ConsoleProgress progress(out.file, true, clock);
  for (int i = 0; i < 20; ++i) {
    progress.Update({static_cast<std::uint64_t>(i), 0, 0, std::nullopt, 0});
    clock.Advance(std::chrono::milliseconds(50));
  }
  progress.Finish({20, 0, 0, std::nullopt, 0});
  const std::string text = out.Text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 11);
  EXPECT_TRUE(text.ends_with("\r20 rows\x1b[K\n"));
}

TEST(ProgressTest, WritesALineNowAndThenElsewhere) {
  FakeClock clock;
  OpenMemory out;
  ConsoleProgress progress(out.file, false, clock);
  for (int i = 0; i < 12; ++i) {
    progress.Update({static_cast<std::uint64_t>(i), 0, 0, std::nullopt, 0});
    clock.Advance(std::chrono::seconds(1));
  }
  progress.Finish({20, 0, 0, std::nullopt, 0});
  EXPECT_EQ(out.Text(), "5 rows\n10 rows\n");
}

}  // namespace
}  // namespace vedette::importing
