// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/header.h"

#include <gtest/gtest.h>

#include <array>

namespace vedette::formats::csv {
namespace {

constexpr std::array<std::string_view, 2> kWanted = {"patient_id", "heart_rate"};

TEST(HeaderTest, NamesCompareWithoutCaseAndSeparators) {
  const auto header = Header::Make({"Note", "HEART RATE", " PatientId "});
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->Find("heart_rate"), 1U);
  EXPECT_EQ(*header->Require(kWanted), (std::vector<std::size_t>{2, 1}));
  EXPECT_EQ(header->Find("pressure"), std::nullopt);
}

TEST(HeaderTest, RefusesDoubleNames) {
  EXPECT_EQ(Header::Make({"a", "patient_id", "Patient ID"}).error().message,
            "Columns 2 and 3 have the same name: Patient ID.");
  EXPECT_TRUE(Header::Make({"a", "", ""}).has_value());
  EXPECT_FALSE(Header::Make({"", ""}).has_value());
}

TEST(HeaderTest, SaysWhatIsMissingAndWhatIsClose) {
  const auto header = Header::Make({"pateint_id", "time", "pulse"});
  EXPECT_EQ(header->Require(kWanted).error().message,
            "Missing columns: patient_id (close to it: pateint_id), heart_rate. "
            "Found: pateint_id, time, pulse.");
}

TEST(HeaderTest, ShowsNothingOfALineThatIsData) {
  const auto header = Header::Make({"01-701-1015", "2013-12-26", "152", "120/80"});
  const std::string message = header->Require(kWanted).error().message;
  EXPECT_EQ(message,
            "Missing columns: patient_id, heart_rate. The first line does not look like column "
            "names.");
}

}  // namespace
}  // namespace vedette::formats::csv
