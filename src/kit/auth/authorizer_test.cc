// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vedette {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Authorizer& TestAuthorizer() {
  static const Authorizer authorizer(
      {{"cra", {"subject.read", "alert.read"}}, {"manager", {"subject.read", "rule.write"}}});
  return authorizer;
}

Principal User(std::vector<Grant> grants) { return {"user-1", "name", false, std::move(grants)}; }

bool May(const Principal& principal,
         std::string_view permission,
         std::string_view study,
         std::string_view site) {
  return TestAuthorizer().Check(principal, permission, study, site).has_value();
}

std::string WhyNot(const Principal& principal,
                   std::string_view permission,
                   std::string_view study,
                   std::string_view site) {
  const Status status = TestAuthorizer().Check(principal, permission, study, site);
  if (status) return "allowed";
  EXPECT_EQ(status.error().code, Code::kPermissionDenied);
  return status.error().message;
}

TEST(AuthorizerTest, ARoleHoldsOnItsStudyAndSiteAlone) {
  const Principal user = User({{"cra", "S1", "701"}});
  EXPECT_TRUE(May(user, "subject.read", "S1", "701"));
  EXPECT_FALSE(May(user, "subject.read", "S1", "702"));
  EXPECT_FALSE(May(user, "subject.read", "S2", "701"));
  EXPECT_FALSE(May(user, "rule.write", "S1", "701"));
}

TEST(AuthorizerTest, WithoutASiteAnySiteOfTheStudyDoes) {
  const Principal user = User({{"cra", "S1", "701"}});
  EXPECT_TRUE(May(user, "subject.read", "S1", ""));
  EXPECT_TRUE(May(user, "subject.read", "", ""));
  EXPECT_FALSE(May(user, "subject.read", "S2", ""));
}

TEST(AuthorizerTest, AskingForEverythingNeedsAGrantOfEverything) {
  EXPECT_FALSE(May(User({{"cra", "S1", "701"}}), "subject.read", "S1", "*"));
  EXPECT_TRUE(May(User({{"cra", "S1", "*"}}), "subject.read", "S1", "*"));
  EXPECT_FALSE(May(User({{"cra", "S1", "*"}}), "subject.read", "*", "*"));
  EXPECT_TRUE(May(User({{"cra", "*", "*"}}), "subject.read", "*", "*"));
}

TEST(AuthorizerTest, AStarCoversEverySiteOrStudy) {
  const Principal user = User({{"cra", "S1", "*"}, {"manager", "*", "701"}});
  EXPECT_TRUE(May(user, "alert.read", "S1", "999"));
  EXPECT_TRUE(May(user, "rule.write", "S9", "701"));
  EXPECT_FALSE(May(user, "rule.write", "S9", "702"));
}

TEST(AuthorizerTest, PermissionAndScopeMustComeFromOneGrant) {
  const Principal user = User({{"cra", "S1", "701"}, {"manager", "S2", "801"}});
  EXPECT_FALSE(May(user, "rule.write", "S1", "701"));
}

TEST(AuthorizerTest, AnUnknownRoleGivesNothing) {
  EXPECT_FALSE(May(User({{"root", "*", "*"}}), "subject.read", "S1", "701"));
}

TEST(AuthorizerTest, ServicesMayEverythingAndAnonymousNothing) {
  EXPECT_TRUE(May({"monitor", "monitor", true, {}}, "anything", "S1", "701"));
  EXPECT_FALSE(May({}, "subject.read", "", ""));
}

TEST(AuthorizerTest, TheErrorSaysWhatIsMissing) {
  const Principal user = User({{"cra", "S1", "701"}, {"cra", "S1", "703"}});
  EXPECT_EQ(WhyNot(user, "subject.read", "S1", "702"),
            "Site 702 is outside your role, which covers sites 701 and 703 of study S1 (permission "
            "subject.read).");
  EXPECT_EQ(WhyNot(user, "subject.read", "S1", "*"),
            "This concerns every site, and your role covers sites 701 and 703 of study S1 "
            "(permission subject.read).");
  EXPECT_THAT(WhyNot(user, "subject.read", "*", ""), HasSubstr("does not cover every study"));
  EXPECT_THAT(WhyNot(user, "subject.read", "S2", ""), HasSubstr("does not cover study S2"));
  EXPECT_THAT(WhyNot(user, "rule.write", "S1", ""), HasSubstr("lacks the permission rule.write"));
  EXPECT_THAT(WhyNot({}, "rule.write", "S1", ""), HasSubstr("Sign in"));
}

TEST(AuthorizerTest, ListsSitesAndStudies) {
  const Principal user = User(
      {{"cra", "S1", "703"}, {"cra", "S1", "701"}, {"manager", "S1", "701"}, {"cra", "S2", "*"}});
  EXPECT_THAT(TestAuthorizer().Sites(user, "subject.read", "S1"), ElementsAre("701", "703"));
  EXPECT_THAT(TestAuthorizer().Sites(user, "alert.read", "S2"), ElementsAre("*"));
  EXPECT_THAT(TestAuthorizer().Sites(user, "rule.write", "S2"), IsEmpty());
  EXPECT_THAT(TestAuthorizer().Studies(user, "subject.read"), ElementsAre("S1", "S2"));
  EXPECT_THAT(TestAuthorizer().Studies(user, "rule.write"), ElementsAre("S1"));
  EXPECT_THAT(TestAuthorizer().Studies(User({{"cra", "*", "*"}}), "subject.read"),
              ElementsAre("*"));
  EXPECT_THAT(TestAuthorizer().Sites({"s", "s", true, {}}, "x", "S1"), ElementsAre("*"));
}

}  // namespace
}  // namespace vedette
