// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/test_scope.h"
#include "rules/eval/time_text.h"
#include "rules/eval/zone.h"
#include "rules/eval/zone_rule.h"

namespace vedette::rules {
namespace {

std::string TimeOf(std::string_view text) {
  const auto time = ReadTimestamp(text);
  return time ? WriteTimestamp(*time) : "none";
}

std::string DurationOf(std::string_view text) {
  const auto duration = ReadDuration(text);
  return duration ? WriteDuration(*duration) : "none";
}

TEST(TimestampTextTest, ReadsWhatRfc3339Allows) {
  EXPECT_EQ(TimeOf("2024-02-29T12:00:00Z"), "2024-02-29T12:00:00Z");
  EXPECT_EQ(TimeOf("2004-09-16t23:59:59.5+02:00"), "2004-09-16T21:59:59.500Z");
  EXPECT_EQ(TimeOf("1969-12-31T23:59:59.000000001Z"), "1969-12-31T23:59:59.000000001Z");
  EXPECT_EQ(TimeOf("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(TimeOf("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z");
}

TEST(TimestampTextTest, RefusesWhatIsNoMoment) {
  for (const char* text :
       {"", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:60:00Z", "2016-12-31T23:59:60Z", "2023-01-01", "2023-01-01T00:00:00",
        "2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00.1234567890Z",
        "2023-01-01T00:00:00Zx", "10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2023-1-01T00:00:00Z"}) {
    EXPECT_EQ(TimeOf(text), "none") << text;
  }
}

TEST(DurationTextTest, ReadsUnitsAndFractions) {
  EXPECT_EQ(DurationOf("1h30m"), "5400s");
  EXPECT_EQ(DurationOf("-1.5s"), "-1.500s");
  EXPECT_EQ(DurationOf("1ms2us3ns"), "0.001002003s");
  EXPECT_EQ(DurationOf("2µs"), "0.000002s");
  EXPECT_EQ(DurationOf("0"), "0s");
  EXPECT_EQ(DurationOf("0.5h"), "1800s");
  EXPECT_EQ(DurationOf("-315576000000s"), "-315576000000s");
}

TEST(DurationTextTest, RefusesWhatIsNone) {
  for (const char* text : {"", "-", "1", "s", ".s", "1d", "1s2", "1 s", "--1s", "315576000001s",
                           "99999999999999999999s", "9223372036854775807h"}) {
    EXPECT_EQ(DurationOf(text), "none") << text;
  }
}

TEST(TimeArithmeticTest, CarriesAndKeepsToTheRange) {
  EXPECT_EQ(Result("timestamp('1970-01-01T00:00:00Z') - duration('1ns')"),
            "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(Result("timestamp(0) - timestamp('1970-01-01T00:00:00.5Z')"), "-0.500s");
  EXPECT_EQ(Result("duration('1.5s') + duration('-3s')"), "-1.500s");
  EXPECT_EQ(Result("duration('-1.5s') + duration('3s')"), "1.500s");
  EXPECT_EQ(Result("duration('1s') + timestamp(1)"), "1970-01-01T00:00:02Z");
  EXPECT_EQ(Result("timestamp('9999-12-31T23:59:59Z') + duration('1s')"), "error");
  EXPECT_EQ(Result("timestamp('0001-01-01T00:00:00Z') - duration('1ns')"), "error");
  EXPECT_EQ(Result("timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')"),
            "error");
  EXPECT_EQ(Result("duration('1s') - timestamp(1)"), "error");
  EXPECT_EQ(Result("timestamp(0) * 2"), "error");
  EXPECT_EQ(Result("duration('-1ns') < duration('0s')"), "true");
  EXPECT_EQ(Result("timestamp(9223372036854775807)"), "error");
}

TEST(TimePartsTest, OfTimestampsAndDurations) {
  const std::string time = "timestamp('2009-02-13T23:31:30.123456789Z')";
  EXPECT_EQ(Result("[" + time +
                   "].map(t, [t.getFullYear(), t.getMonth(), t.getDate(), "
                   "t.getDayOfMonth(), t.getDayOfWeek(), t.getDayOfYear(), t.getHours(), "
                   "t.getMinutes(), t.getSeconds(), t.getMilliseconds()])"),
            "[[2009, 1, 13, 12, 5, 43, 23, 31, 30, 123]]");
  EXPECT_EQ(Result("[duration('3730.25s')].map(d, [d.getHours(), d.getMinutes(), d.getSeconds(), "
                   "d.getMilliseconds()])"),
            "[[1, 62, 3730, 250]]");
  EXPECT_EQ(Result(time + ".getDate('Australia/Sydney')"), "14");
  EXPECT_EQ(Result(time + ".getMinutes('Asia/Kathmandu')"), "16");
  EXPECT_EQ(Result(time + ".getHours('02:00')"), "1");
  EXPECT_EQ(Result(time + ".getDayOfMonth('-23:59')"), "11");
  EXPECT_EQ(Result("duration('1s').getDate()"), "error");
  EXPECT_EQ(Result("duration('1s').getHours('UTC')"), "error");
}

TEST(ZoneTest, KnowsTheChangesOfBerlin) {
  const std::int64_t spring = 1711846800;  // 2024-03-31T01:00:00Z
  EXPECT_EQ(ZoneOffset("Europe/Berlin", spring - 1), 3600);
  EXPECT_EQ(ZoneOffset("Europe/Berlin", spring), 7200);
  const std::int64_t autumn = 1729990800;  // 2024-10-27T01:00:00Z
  EXPECT_EQ(ZoneOffset("Europe/Berlin", autumn - 1), 7200);
  EXPECT_EQ(ZoneOffset("Europe/Berlin", autumn), 3600);
  EXPECT_EQ(ZoneOffset("Europe/Berlin", 4'118'000'000), 7200);   // June 2100, by the rule
  EXPECT_EQ(ZoneOffset("Europe/Berlin", -3'000'000'000), 3208);  // local mean time
}

TEST(ZoneTest, TakesOnlyNamesAndOffsets) {
  EXPECT_EQ(ZoneOffset("UTC", 0), 0);
  EXPECT_EQ(ZoneOffset("+05:30", 0), 19800);
  EXPECT_EQ(ZoneOffset("-00:30", 0), -1800);
  for (const char* zone :
       {"", "../../../etc/passwd", "/etc/passwd", "Europe//Berlin", "Europe/", "Europe",
        "Europe/Atlantis", "+5:30", "+24:00", "+05:60", "05.30", "zone.tab", "tzdata.zi"}) {
    EXPECT_EQ(ZoneOffset(zone, 0), std::nullopt) << zone;
  }
}

TEST(ZoneTest, ADamagedFileIsNoZone) {
  std::string file = "TZif2" + std::string(39, '\0');
  EXPECT_EQ(OffsetInZoneFile(file, 0), std::nullopt);
  EXPECT_EQ(OffsetInZoneFile(file + file, 0), std::nullopt) << "no type of local time";
  std::string many = file;
  many.replace(32, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(OffsetInZoneFile(many + file, 0), std::nullopt);
  std::string one = file;
  one[39] = 1;
  const std::string type = std::string("\0\0\x0e\x10", 4) + std::string(2, '\0');
  EXPECT_EQ(OffsetInZoneFile(file + one + type + "\n\n", 0), 3600);
  EXPECT_EQ(OffsetInZoneFile(file + one + type + "\n<+03>-3\n", 0), 10800);
  EXPECT_EQ(OffsetInZoneFile(file + one + type + "\nnonsense!\n", 0), 3600);
}

TEST(ZoneRuleTest, WeeksHemispheresAndLongHours) {
  const std::string berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  EXPECT_EQ(OffsetByRule(berlin, 1711846800 - 1), 3600);
  EXPECT_EQ(OffsetByRule(berlin, 1711846800), 7200);
  EXPECT_EQ(OffsetByRule(berlin, 1729990800 - 1), 7200);
  EXPECT_EQ(OffsetByRule(berlin, 1729990800), 3600);
  const std::string sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
  EXPECT_EQ(OffsetByRule(sydney, 1705000000), 39600);  // January
  EXPECT_EQ(OffsetByRule(sydney, 1720000000), 36000);  // July
  EXPECT_EQ(OffsetByRule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1720000000), -3600);
  EXPECT_EQ(OffsetByRule("EET-2EEST,M3.4.4/50,M10.4.4/50", 1720000000), 10800);
  EXPECT_EQ(OffsetByRule("<+0545>-5:45", 0), 20700);
  for (const char* rule : {"", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,J60,J300", "<+03-3", "CET-168", "CET-1 "}) {
    EXPECT_EQ(OffsetByRule(rule, 0), std::nullopt) << rule;
  }
}

}  // namespace
}  // namespace vedette::rules
