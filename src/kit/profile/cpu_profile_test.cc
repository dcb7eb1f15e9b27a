// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/cpu_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "kit/profile/flame_graph.h"

namespace vedette {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string Words(std::initializer_list<std::uint64_t> words) {
  std::string bytes;
  for (const std::uint64_t word : words) {
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return bytes;
}

TEST(CpuProfileTest, ReadsSamplesUpToTheEndMark) {
  const auto profile = ParseCpuProfile(
      Words({0, 3, 0, 10'000, 0, 5, 2, 0x11, 0x22, 1, 1, 0x33, 0, 1, 0}) + "build=/proc/maps\n");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->period, std::chrono::milliseconds(10));
  ASSERT_EQ(profile->samples.size(), 2U);
  EXPECT_EQ(profile->samples[0].count, 5U);
  EXPECT_THAT(profile->samples[0].addresses, ElementsAre(0x11, 0x22));
  EXPECT_THAT(profile->samples[1].addresses, ElementsAre(0x33));
}

TEST(CpuProfileTest, RefusesOtherBytes) {
  EXPECT_FALSE(ParseCpuProfile(""));
  EXPECT_FALSE(ParseCpuProfile("not a profile at all, but long enough to be one, is it not?"));
  EXPECT_FALSE(ParseCpuProfile(Words({0, 3, 0, 10'000, 0})));
  EXPECT_FALSE(ParseCpuProfile(Words({0, 3, 0, 10'000, 0, 5, 3, 0x11, 0x22})));
  EXPECT_FALSE(ParseCpuProfile(Words({0, 3, 0, 10'000, 0, 5, ~0ULL, 0x11, 0x22})));
  EXPECT_FALSE(ParseCpuProfile(Words({0, ~0ULL, 0, 10'000, 0, 0, 1, 0})));
  SeededRandom random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = Words({0, 3, 0, 10'000, 0});
    for (std::uint64_t i = random.Below(64); i > 0; --i) bytes += Words({random.Below(4)});
    ParseCpuProfile(bytes);
  }
}

TEST(FlameGraphTest, NestsBoxesByShare) {
  CpuProfile profile;
  profile.period = std::chrono::milliseconds(10);
  // Return addresses lie one behind the call.
  profile.samples = {{60, {0x30, 0x21, 0x11}}, {40, {0x20, 0x11}}};
  const std::string page = RenderFlameGraph(profile, [](std::uint64_t address) -> std::string {
    switch (address) {
      case 0x10:
        return "main";
      case 0x20:
        return "Serve<&>";
      case 0x30:
        return "Judge";
      default:
        return "";
    }
  });
  EXPECT_THAT(page, HasSubstr("100 samples, 1.00 s of processor time"));
  EXPECT_THAT(page, HasSubstr("title=\"main: 100.0 %, 100 samples\">main</b><div>"));
  EXPECT_THAT(page, HasSubstr(">Serve&lt;&amp;&gt;</b><div><section style=\"width:60.000%\">"));
  EXPECT_THAT(page, HasSubstr("title=\"Judge: 60.0 %, 60 samples\""));
  EXPECT_THAT(page, HasSubstr("<td class=\"number\">40.0 %</td><td class=\"number\">100.0 %</td>"
                              "<td>Serve&lt;&amp;&gt;</td>"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("0x")));
}

TEST(FlameGraphTest, CountsAFunctionThatCallsItselfOnceAStack) {
  CpuProfile profile;
  profile.samples = {{10, {0x30, 0x31, 0x31}}};
  const std::string page = RenderFlameGraph(profile, [](std::uint64_t) { return "Again"; });
  EXPECT_THAT(page, HasSubstr("<td class=\"number\">100.0 %</td><td class=\"number\">100.0 %</td>"
                              "<td>Again</td>"));
}

TEST(FlameGraphTest, AnIdleProcessHasNone) {
  EXPECT_THAT(RenderFlameGraph({}, [](std::uint64_t) { return ""; }),
              HasSubstr("The processors had nothing to do."));
}

}  // namespace
}  // namespace vedette
