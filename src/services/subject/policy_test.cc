// SPDX-License-Identifier: Apache-2.0
#include "services/subject/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vedette::subject {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> FieldsAtFault(const Status& status) {
  std::vector<std::string> fields;
  if (status) return fields;
  for (const FieldViolation& violation : status.error().violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(MakeSubjectNumber, IsTheSiteAndARunningNumber) {
  EXPECT_EQ(MakeSubjectNumber("701", 1), "701-0001");
  EXPECT_EQ(MakeSubjectNumber("701", 12345), "701-12345");
}

TEST(CheckSiteScope, TakesASiteOfTheRole) {
  EXPECT_TRUE(CheckSiteScope("701", {"701"}));
  EXPECT_TRUE(CheckSiteScope("702", {"701", "702"}));
  EXPECT_TRUE(CheckSiteScope("701", {"*"}));
}

TEST(CheckSiteScope, SaysWhichSiteItIsAndWhichTheRoleCovers) {
  const Status one = CheckSiteScope("702", {"701"});
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code, Code::kPermissionDenied);
  EXPECT_EQ(one.error().message, "Subject belongs to site 702; your role covers site 701.");
  EXPECT_EQ(CheckSiteScope("702", {"701", "703"}).error().message,
            "Subject belongs to site 702; your role covers sites 701, 703.");
  EXPECT_EQ(CheckSiteScope("9", {"1", "2", "3", "4", "5", "6", "7"}).error().message,
            "Subject belongs to site 9; your role covers sites 1, 2, 3, 4, 5 and 2 more.");
}

TEST(CheckSiteScope, DoesNotNameTheSiteToStrangersOfTheStudy) {
  const Status status = CheckSiteScope("702", {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kPermissionDenied);
  EXPECT_EQ(status.error().message, "Subject belongs to a study that your roles do not cover.");
}

TEST(OnlySite, IsTheOneTheRoleCovers) {
  EXPECT_EQ(OnlySite({"701"}, {"*"}), "701");
  EXPECT_EQ(OnlySite({"701", "702"}, {"702", "999"}), "702");
  const auto several = OnlySite({"701", "702"}, {"*"});
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().violations[0].field, "siteId");
  EXPECT_EQ(several.error().violations[0].description,
            "is required: your role covers sites 701, 702");
  EXPECT_FALSE(OnlySite({"701"}, {"702"}));
  EXPECT_FALSE(OnlySite({}, {"*"}));
}

TEST(CheckRegistrations, NamesEveryUnknownSiteAndEveryRepetition) {
  const std::set<std::string, std::less<>> sites{"701", "702"};
  EXPECT_TRUE(CheckRegistrations({{"a", "701"}, {"b", "702"}}, "S1", sites));
  const Status status =
      CheckRegistrations({{"a", "701"}, {"b", "999"}, {"a", "702"}, {"c", "998"}}, "S1", sites);
  EXPECT_THAT(FieldsAtFault(status),
              ElementsAre("subjects[1].siteId", "subjects[2].subjectNumber", "subjects[3].siteId"));
  EXPECT_EQ(status.error().code, Code::kInvalidArgument);
}

TEST(CheckSitesAgree, NamesEverySubjectOfAnotherSite) {
  const std::vector<ResolvedSubject> stored{{"1", "a", "701"}, {"2", "b", "702"}};
  EXPECT_TRUE(CheckSitesAgree({{"b", "702"}, {"a", "701"}}, stored));
  const Status status = CheckSitesAgree({{"a", "701"}, {"b", "701"}}, stored);
  EXPECT_THAT(FieldsAtFault(status), ElementsAre("subjects[1].siteId"));
  EXPECT_EQ(status.error().code, Code::kConflict);
  EXPECT_EQ(status.error().violations[0].description,
            "must be 702, where this subject is registered");
}

TEST(PageToken, GivesBackTheNumberItWasMadeOf) {
  EXPECT_EQ(ReadPageToken(MakePageToken("01-701-1015")), "01-701-1015");
  EXPECT_EQ(ReadPageToken(""), "");
}

TEST(PageToken, WhatWeDidNotMakeIsAViolation) {
  // The last two are texts that PostgreSQL does not take.
  for (const std::string& token :
       {std::string("*?"), MakePageToken("\xff"), MakePageToken(std::string_view("\0", 1))}) {
    const auto read = ReadPageToken(token);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().violations[0].field, "pageToken");
  }
}

}  // namespace
}  // namespace vedette::subject
