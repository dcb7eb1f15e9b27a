// SPDX-License-Identifier: Apache-2.0
#include "app/roles.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vedette::app {
namespace {

TEST(RolesTest, AllMeansEveryRole) {
  EXPECT_EQ(ParseRoles({"all"})->size(), kRoles.size());
  EXPECT_EQ(*ParseRoles({"monitor", "rule", "monitor"}), (RoleSet{"monitor", "rule"}));
}

TEST(RolesTest, MistakesAreNamed) {
  EXPECT_EQ(ParseRoles({"monitr"}).error().message,
            "unknown role `monitr`; did you mean `monitor`?");
  EXPECT_FALSE(ParseRoles({"everything"}));
  EXPECT_FALSE(ParseRoles({}));
}

TEST(RolesTest, ARoleCallsOnlyRolesThatStartBeforeIt) {
  for (auto role = kRoles.begin(); role != kRoles.end(); ++role) {
    for (const std::string_view called : RolesCalledBy(*role)) {
      if (*role == "rule" && called == "monitor") continue;  // only once both are there
      EXPECT_LT(std::ranges::find(kRoles, called), role) << *role << " calls " << called;
    }
  }
}

}  // namespace
}  // namespace vedette::app
