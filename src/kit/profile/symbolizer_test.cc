// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/symbolizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/random.h"
#include "kit/profile/elf_symbols.h"

namespace vedette {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

__attribute__((noinline)) int FunctionOfThisFileAlone(int value) { return value * 3 + 1; }

TEST(SymbolizerTest, KnowsStaticFunctionsAndThoseOfLibraries) {
  Symbolizer symbolizer;
  const auto own = reinterpret_cast<std::uint64_t>(&FunctionOfThisFileAlone);
  EXPECT_THAT(symbolizer.Name(own), HasSubstr("FunctionOfThisFileAlone"));
  EXPECT_THAT(symbolizer.Name(own + 1), HasSubstr("FunctionOfThisFileAlone"));
  EXPECT_EQ(symbolizer.Name(reinterpret_cast<std::uint64_t>(&std::getenv)), "getenv");
  EXPECT_THAT(symbolizer.Library(reinterpret_cast<std::uint64_t>(&std::getenv)),
              StartsWith("libc."));
  EXPECT_EQ(symbolizer.Library(0), "");
  EXPECT_EQ(symbolizer.Name(0), "");
  EXPECT_EQ(symbolizer.Name(~0ULL), "");
}

// Any bytes are read without harm: an ELF file cut short, and with bytes changed.
TEST(ElfTest, SurvivesDamagedFiles) {
  std::ifstream file("/bin/true", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(whole.empty());
  EXPECT_TRUE(ReadElfFunctions("").empty());
  EXPECT_TRUE(ReadElfFunctions("no program").empty());
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    ReadElfFunctions(std::string_view(whole).substr(0, size));
  }
  SeededRandom random(3);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    // The head and the section headers at the end are what steers the reader.
    for (int i = 0; i < 8; ++i) {
      damaged[random.Below(64)] = static_cast<char>(random.Next());
      damaged[damaged.size() - 1 - random.Below(2048)] = static_cast<char>(random.Next());
    }
    damaged.replace(0, 6, whole, 0, 6);
    ReadElfFunctions(damaged);
  }
}

}  // namespace
}  // namespace vedette
