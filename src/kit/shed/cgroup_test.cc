// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/cgroup.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMountTwo =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr std::string_view kMountsOne =
    "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

TEST(FindControlGroup, OfVersionTwo) {
  EXPECT_EQ(FindControlGroup("0::/system.slice/vedette.service\n", kMountTwo),
            (ControlGroup{.version = ControlGroup::Version::kTwo,
                          .usage_directory = "/sys/fs/cgroup/system.slice/vedette.service",
                          .quota_directories = {"/sys/fs/cgroup/system.slice/vedette.service",
                                                "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"}}));
}

TEST(FindControlGroup, OfVersionOne) {
  EXPECT_EQ(FindControlGroup("9:memory:/user\n4:cpu,cpuacct:/pods/a\n0::/elsewhere\n", kMountsOne),
            (ControlGroup{.version = ControlGroup::Version::kOne,
                          .usage_directory = "/sys/fs/cgroup/cpu,cpuacct/pods/a",
                          .quota_directories = {"/sys/fs/cgroup/cpu,cpuacct/pods/a",
                                                "/sys/fs/cgroup/cpu,cpuacct/pods",
                                                "/sys/fs/cgroup/cpu,cpuacct"}}));
}

TEST(FindControlGroup, VersionTwoWhereVersionOneHasNoProcessorTime) {
  const auto group = FindControlGroup("9:memory:/user\n0::/a\n", kMountsOne);
  ASSERT_TRUE(group);
  EXPECT_EQ(group->version, ControlGroup::Version::kTwo);
  EXPECT_EQ(group->usage_directory, "/sys/fs/cgroup/unified/a");
}

TEST(FindControlGroup, AtTheRootOfAContainer) {
  const ControlGroup expected{.usage_directory = "/sys/fs/cgroup",
                              .quota_directories = {"/sys/fs/cgroup"}};
  EXPECT_EQ(FindControlGroup("0::/\n", kMountTwo), expected);
  // The mount shows the container's own group; names from outside lead nowhere below it.
  const std::string_view mount = "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
  EXPECT_EQ(FindControlGroup("0::/docker/abc\n", mount), expected);
  EXPECT_EQ(FindControlGroup("0::/docker/abcd\n", mount), expected);
  EXPECT_EQ(FindControlGroup("0::/../other\n", mount), expected);
  EXPECT_EQ(FindControlGroup("0::/docker/abc/inner\n", mount)->usage_directory,
            "/sys/fs/cgroup/inner");
}

TEST(FindControlGroup, NoneFromTextsThatSayNothing) {
  EXPECT_FALSE(FindControlGroup("", ""));
  EXPECT_FALSE(FindControlGroup("0::/a\n", ""));
  EXPECT_FALSE(FindControlGroup("", kMountTwo));
  EXPECT_FALSE(FindControlGroup("::::\n\n:", " - - - \n30 23 - cgroup2"));
}

TEST(CpuUsage, OfVersionTwo) {
  EXPECT_EQ(ParseCpuStat("usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n"),
            1'234'567us);
  EXPECT_EQ(ParseCpuStat("nr_periods 7\nusage_usec 5"), 5us);
  EXPECT_FALSE(ParseCpuStat(""));
  EXPECT_FALSE(ParseCpuStat("usage_usec\n"));
  EXPECT_FALSE(ParseCpuStat("usage_usec -5\n"));
  EXPECT_FALSE(ParseCpuStat("usage_usec 5x\n"));
  EXPECT_FALSE(ParseCpuStat("usage_usec 99999999999999999\n")) << "does not fit nanoseconds";
  EXPECT_FALSE(ParseCpuStat("usage_usec 99999999999999999999\n"));
  EXPECT_FALSE(ParseCpuStat("xusage_usec 5\n"));
}

TEST(CpuUsage, OfVersionOne) {
  EXPECT_EQ(ParseCpuAccount("123456789012\n"), 123'456'789'012ns);
  EXPECT_FALSE(ParseCpuAccount("\n"));
  EXPECT_FALSE(ParseCpuAccount("-1\n"));
}

TEST(CpuQuota, OfVersionTwo) {
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(ParseCpuMax("50000 100000\n"), 0.5);
  EXPECT_FALSE(ParseCpuMax("max 100000\n"));
  EXPECT_FALSE(ParseCpuMax(""));
  EXPECT_FALSE(ParseCpuMax("50000"));
  EXPECT_FALSE(ParseCpuMax("50000 0\n"));
  EXPECT_FALSE(ParseCpuMax("0 100000\n"));
}

TEST(CpuQuota, OfVersionOne) {
  EXPECT_EQ(ParseCfsQuota("200000\n", "100000\n"), 2.0);
  EXPECT_FALSE(ParseCfsQuota("-1\n", "100000\n"));
  EXPECT_FALSE(ParseCfsQuota("", ""));
}

}  // namespace
}  // namespace vedette
