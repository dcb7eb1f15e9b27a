// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/demographics.h"

#include <gtest/gtest.h>

#include <string>

namespace vedette::formats::csv {
namespace {

TEST(DemographicsTest, ReadsRegistrations) {
  const auto demographics =
      ReadDemographics(MakeMemorySource("STUDYID,USUBJID,SITEID,AGE,AGEU,SEX\n"
                                        "S,01-701-1015,701,63,YEARS,F\n"
                                        "S,01-702-1001,702,,,\n"
                                        "S,01-702-1002,702,30,MONTHS,M\n"));
  ASSERT_TRUE(demographics.has_value());
  ASSERT_EQ(demographics->registrations.size(), 3U);
  EXPECT_EQ(demographics->registrations[0].subject_number, "01-701-1015");
  EXPECT_EQ(demographics->registrations[0].site, "701");
  EXPECT_EQ(demographics->registrations[0].age, 63);
  EXPECT_EQ(demographics->registrations[0].sex, "F");
  EXPECT_EQ(demographics->registrations[1].age, 0);
  EXPECT_EQ(demographics->registrations[2].age, 2);
}

TEST(DemographicsTest, RejectsRowsWithoutLosingOthers) {
  const auto demographics =
      ReadDemographics(MakeMemorySource("USUBJID,SITEID,AGE,AGEU\n"
                                        "P1,701,63,YEARS\n"
                                        ",701,63,YEARS\n"
                                        "P2,,63,YEARS\n"
                                        "P3,701,old,YEARS\n"
                                        "P4,701,63,DECADES\n"
                                        "P1,701,63,YEARS\n"
                                        "P5,701\n"
                                        "P6,701,151,\n"
                                        "P7,701,40,\n"));
  ASSERT_TRUE(demographics.has_value());
  EXPECT_EQ(demographics->registrations.size(), 2U);
  std::string rejects;
  for (const RowReject& reject : demographics->rejects) {
    rejects += std::to_string(reject.line) + reject.column + " ";
  }
  EXPECT_EQ(rejects, "3USUBJID 4SITEID 5AGE 6AGEU 7USUBJID 8 9AGE ");
  EXPECT_EQ(demographics->rows, 9U);
}

TEST(DemographicsTest, RefusesOtherFilesAndTooLargeOnes) {
  EXPECT_FALSE(ReadDemographics(MakeMemorySource("USUBJID,AGE\nP1,3\n")).has_value());
  EXPECT_EQ(ReadDemographics(MakeMemorySource("USUBJID,SITEID\nP1,1\nP2,1\n"), {}, 1).error().code,
            Code::kPayloadTooLarge);
}

}  // namespace
}  // namespace vedette::formats::csv
