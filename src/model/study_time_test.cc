// SPDX-License-Identifier: Apache-2.0
#include "model/study_time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace vedette {
namespace {

constexpr std::int64_t kMicros = 1'000'000;

std::int64_t SecondsOf(std::string_view text) {
  const Result<StudyTime> time = ParseStudyTime(text);
  EXPECT_TRUE(time.has_value()) << text;
  return time ? ToUnixMicros(time->instant) / kMicros : -1;
}

std::string ReasonOf(std::string_view text) {
  const Result<StudyTime> time = ParseStudyTime(text);
  EXPECT_FALSE(time.has_value()) << text;
  return time ? "" : time.error().message;
}

TEST(StudyTimeTest, ReadsEachPrecision) {
  EXPECT_EQ(ParseStudyTime("2013-12-26")->precision, TimePrecision::kDay);
  EXPECT_EQ(SecondsOf("2013-12-26"), 1388016000);
  EXPECT_EQ(ParseStudyTime("2013-12-26T14:45")->precision, TimePrecision::kMinute);
  EXPECT_EQ(SecondsOf("2013-12-26T14:45"), 1388069100);
  EXPECT_EQ(ParseStudyTime("2013-12-26T14:45:10")->precision, TimePrecision::kSecond);
  EXPECT_EQ(SecondsOf("2013-12-26T14:45:10"), 1388069110);
  EXPECT_EQ(SecondsOf("2013-12-26 14:45:10"), 1388069110);
  EXPECT_EQ(ToUnixMicros(ParseStudyTime("1970-01-01T00:00:00.25")->instant), 250'000);
  EXPECT_EQ(ToUnixMicros(ParseStudyTime("1970-01-01T00:00:00.123456789")->instant), 123'456);
  EXPECT_EQ(ParseStudyTime("1970-01-01T00:00:00.5")->precision, TimePrecision::kMicrosecond);
}

TEST(StudyTimeTest, ReadsOffsets) {
  EXPECT_FALSE(ParseStudyTime("2013-12-26T14:45:10")->offset_minutes.has_value());
  EXPECT_EQ(ParseStudyTime("2013-12-26T14:45:10Z")->offset_minutes, 0);
  EXPECT_EQ(ParseStudyTime("2013-12-26T14:45+08:00")->offset_minutes, 480);
  EXPECT_EQ(SecondsOf("2013-12-26T14:45+08:00"), 1388069100 - 8 * 3600);
  EXPECT_EQ(ParseStudyTime("2013-12-26T14:45:10.5-03:30")->offset_minutes, -210);
  EXPECT_EQ(SecondsOf("2013-12-26T14:45:10-03:30"), 1388069110 + 210 * 60);
  EXPECT_TRUE(ParseStudyTime("2013-12-26T14:45:10+14:00").has_value());
}

TEST(StudyTimeTest, RefusesWhatIsNotATime) {
  EXPECT_EQ(ReasonOf("2013-12"), "partial date: month or day is missing");
  EXPECT_EQ(ReasonOf("2013"), "partial date: month or day is missing");
  EXPECT_EQ(ReasonOf("2013---26"), "partial date: month or day is missing");
  EXPECT_EQ(ReasonOf("--12-26"), "partial date: month or day is missing");
  EXPECT_EQ(ReasonOf("2013-12-26T14"), "partial time: minutes are missing");
  EXPECT_EQ(ReasonOf("2013-12-26T24:00"), "the hour is not within 00 to 23");
  EXPECT_EQ(ReasonOf("2013-12-26T23:60"), "the minute is not within 00 to 59");
  EXPECT_EQ(ReasonOf("2013-12-26T23:59:60"), "the second is not within 00 to 59");
  EXPECT_EQ(ReasonOf("2013-13-26"), "the month is not within 01 to 12");
  EXPECT_EQ(ReasonOf("2013-02-29"), "the month has no such day");
  EXPECT_EQ(ReasonOf("1899-12-31"), "the year is not within 1900 to 2199");
  EXPECT_EQ(ReasonOf("2200-01-01"), "the year is not within 1900 to 2199");
  EXPECT_EQ(ReasonOf("2013-12-26T14:45:10.1234567890"), "a fraction of a second has 1 to 9 digits");
  EXPECT_EQ(ReasonOf("2013-12-26T14:45:10."), "a fraction of a second has 1 to 9 digits");
  for (const char* text : {"",
                           "x",
                           "2013-12-26 ",
                           "2013-12-26T",
                           "2013-12-26Z",
                           " 2013-12-26",
                           "2013/12/26",
                           "26-12-2013",
                           "2013-12-26T14:45:1",
                           "2013-12-26T14:45:10z",
                           "2013-12-26T14:45+0800",
                           "2013-12-26T14:45+14:01",
                           "2013-12-26T14:45+08:60",
                           "2013-12-26T14:45:10 Z",
                           "2013-12-26T14:45:10ZZ",
                           "20:3-12-26",
                           "2013-1/-26",
                           "2013-12-2\xc3",
                           "2013-12-26t14:45",
                           "2013-12-26T1:45:10",
                           "2013-12-26T14:45,5"}) {
    EXPECT_FALSE(ReasonOf(text).empty()) << text;
  }
}

TEST(StudyTimeTest, KnowsLeapYears) {
  EXPECT_TRUE(ParseStudyTime("2012-02-29").has_value());
  EXPECT_TRUE(ParseStudyTime("2000-02-29").has_value());
  EXPECT_FALSE(ParseStudyTime("1900-02-29").has_value());
  EXPECT_FALSE(ParseStudyTime("2100-02-29").has_value());
  EXPECT_FALSE(ParseStudyTime("2013-04-31").has_value());
}

TEST(StudyTimeTest, EveryDayOfTheRangeGoesThereAndBack) {
  using std::chrono::sys_days;
  const sys_days last = std::chrono::year(2199) / 12 / 31;
  std::int64_t expected = sys_days(std::chrono::year(1900) / 1 / 1).time_since_epoch().count();
  for (sys_days day = std::chrono::year(1900) / 1 / 1; day <= last; day += std::chrono::days(1)) {
    const StudyTime time{Timestamp(day), std::nullopt, TimePrecision::kDay};
    const Result<StudyTime> again = ParseStudyTime(FormatStudyTime(time));
    ASSERT_TRUE(again.has_value());
    ASSERT_EQ(*again, time);
    ASSERT_EQ(ToUnixMicros(again->instant) / (86400 * kMicros), expected++);
  }
}

TEST(StudyTimeTest, FormatsWhatItRead) {
  for (const char* text :
       {"2013-12-26", "2013-12-26T14:45", "2013-12-26T14:45:10", "2013-12-26T00:45:10Z",
        "2013-12-26T23:45:10+08:00", "1969-12-31T23:59:59-03:30", "2013-12-26T14:45:10.250000",
        "1969-12-31T23:59:59.999999Z", "2013-12-26T14:45-11:00"}) {
    ASSERT_TRUE(ParseStudyTime(text).has_value()) << text;
    EXPECT_EQ(FormatStudyTime(*ParseStudyTime(text)), text);
  }
}

// One wrong byte anywhere must be refused, or change the value: none is silently overlooked.
TEST(StudyTimeTest, NoByteIsOverlooked) {
  const std::string good = "2013-11-16T11:35:10.250000+08:00";
  const StudyTime reference = *ParseStudyTime(good);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[i] = static_cast<char>(byte);
      if (text == good || (i == 10 && byte == ' ')) continue;
      const Result<StudyTime> time = ParseStudyTime(text);
      if (time) {
        EXPECT_NE(*time, reference) << i << ' ' << byte;
      }
    }
  }
}

}  // namespace
}  // namespace vedette
