// SPDX-License-Identifier: Apache-2.0
#include "services/identity/policy.h"

#include <gtest/gtest.h>

namespace vedette::identity {
namespace {

TEST(CanonicalUsername, IsLowerCase) {
  EXPECT_EQ(CanonicalUsername("Ann.Lee@Example.org"), "ann.lee@example.org");
}

TEST(CheckRole, ListsTheRolesThereAre) {
  const RoleNames roles{"auditor", "cra"};
  EXPECT_TRUE(CheckRole({"cra", "S1", "*"}, roles));
  const Status status = CheckRole({"boss", "S1", "*"}, roles);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kInvalidArgument);
  ASSERT_EQ(status.error().violations.size(), 1u);
  EXPECT_EQ(status.error().violations[0].field, "grant.role");
  EXPECT_EQ(status.error().violations[0].description, "must be one of auditor, cra");
}

TEST(CheckMayGrant, NobodyGivesMoreThanTheyHave) {
  EXPECT_TRUE(CheckMayGrant({"cra", "S1", "*"}, {"*"}));
  EXPECT_TRUE(CheckMayGrant({"cra", "S1", "701"}, {"*"}));
  EXPECT_TRUE(CheckMayGrant({"cra", "S1", "701"}, {"700", "701"}));
  EXPECT_EQ(CheckMayGrant({"cra", "S1", "702"}, {"701"}).error().code, Code::kPermissionDenied);
  EXPECT_EQ(CheckMayGrant({"cra", "S1", "*"}, {"701"}).error().code, Code::kPermissionDenied);
  EXPECT_EQ(CheckMayGrant({"cra", "S1", "*"}, {}).error().code, Code::kPermissionDenied);
}

TEST(SameSecret, ComparesWholeSecrets) {
  EXPECT_TRUE(SameSecret("abc", "abc"));
  EXPECT_FALSE(SameSecret("abc", "abd"));
  EXPECT_FALSE(SameSecret("abc", "ab"));
  EXPECT_FALSE(SameSecret("abc", ""));
}

TEST(PageToken, GivesBackTheNameItWasMadeOf) {
  EXPECT_EQ(ReadPageToken(MakePageToken("ann@example.org")), "ann@example.org");
  EXPECT_EQ(ReadPageToken(""), "");
  EXPECT_EQ(ReadPageToken("*?").error().violations.at(0).field, "pageToken");
  // PostgreSQL takes no such text.
  EXPECT_FALSE(ReadPageToken(MakePageToken("\xff")));
  EXPECT_FALSE(ReadPageToken(MakePageToken(std::string_view("\0", 1))));
}

}  // namespace
}  // namespace vedette::identity
