// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/sdtm_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "formats/csv/open.h"

namespace vedette::formats::csv {
namespace {

constexpr std::string_view kHeader =
    "STUDYID,DOMAIN,USUBJID,LBSEQ,LBTESTCD,LBORRES,LBSTRESC,LBSTRESN,LBSTRESU,LBSTAT,LBREASND,"
    "LBDTC\n";

ObservationBatch ReadOne(const std::string& rows) {
  const std::string text = std::string(kHeader) + rows;
  auto source = OpenCsv(MakeMemorySource(text), {});
  EXPECT_TRUE(source.has_value());
  ObservationBatch batch;
  EXPECT_EQ((*source)->NextBatch(batch), true);
  return batch;
}

TEST(SdtmFindingsTest, ReadsANumber) {
  const auto batch = ReadOne("S,LB,01-701-1015,7,ALB,3.8,38,38,g/L,,,2013-12-26T14:45\n");
  ASSERT_EQ(batch.observations.size(), 1U);
  const Observation& observation = batch.observations[0];
  EXPECT_EQ(observation.subject_number, "01-701-1015");
  EXPECT_EQ(observation.item, "ALB");
  EXPECT_EQ(observation.kind, ValueKind::kNumber);
  EXPECT_EQ(observation.number, 38);
  EXPECT_EQ(observation.comparator, 0);
  EXPECT_EQ(observation.unit, "g/L");
  EXPECT_EQ(observation.idempotency_key, "LB/01-701-1015/7");
  EXPECT_EQ(observation.time_text, "2013-12-26T14:45");
  EXPECT_EQ(observation.time.precision, TimePrecision::kMinute);
  EXPECT_EQ(observation.line, 2U);
  EXPECT_EQ(batch.rows, 1U);
}

TEST(SdtmFindingsTest, ReadsReferenceRangesWhereThereAreAny) {
  const std::string text =
      "DOMAIN,USUBJID,LBSEQ,LBTESTCD,LBSTRESC,LBSTRESN,LBSTRESU,LBDTC,LBSTNRLO,LBSTNRHI\n"
      "LB,P,1,ALT,50,50,U/L,2013-12-26,6,40\n"
      "LB,P,2,ALT,50,50,U/L,2013-12-26,,<40\n";
  auto source = OpenCsv(MakeMemorySource(text), {});
  ASSERT_TRUE(source.has_value());
  ObservationBatch batch;
  ASSERT_EQ((*source)->NextBatch(batch), true);
  ASSERT_EQ(batch.observations.size(), 2U);
  EXPECT_EQ(batch.observations[0].range_low, 6);
  EXPECT_EQ(batch.observations[0].range_high, 40);
  EXPECT_TRUE(std::isnan(batch.observations[1].range_low));
  EXPECT_TRUE(std::isnan(batch.observations[1].range_high));
}

TEST(SdtmFindingsTest, ReadsLimitsTextsAndWhatWasNotDone) {
  const auto batch = ReadOne(
      "S,LB,P,1,BILI,<0.2,<3.42,,umol/L,,,2013-12-26\n"
      "S,LB,P,2,GLUC,>40,> 40,,mmol/L,,,2013-12-26\n"
      "S,LB,P,3,COLOR,N,N,,,,,2013-12-26\n"
      "S,LB,P,4,ALB,,,,,NOT DONE,,2013-12-26\n"
      "S,LB,P,5,ALB,,,,,NOT DONE,Sample lost,2013-12-26\n"
      "S,LB,P,6,SPGRAV,<=1,<=1,,1,,,2013-12-26\n");
  ASSERT_EQ(batch.observations.size(), 6U);
  EXPECT_EQ(batch.observations[0].comparator, '<');
  EXPECT_EQ(batch.observations[0].number, 3.42);
  EXPECT_EQ(batch.observations[0].kind, ValueKind::kNumber);
  EXPECT_EQ(batch.observations[1].comparator, '>');
  EXPECT_EQ(batch.observations[2].kind, ValueKind::kText);
  EXPECT_EQ(batch.observations[2].text, "N");
  EXPECT_EQ(batch.observations[3].kind, ValueKind::kAbsent);
  EXPECT_EQ(batch.observations[3].text, "NOT DONE");
  EXPECT_EQ(batch.observations[4].text, "NOT DONE: Sample lost");
  EXPECT_EQ(batch.observations[5].kind, ValueKind::kText);
  EXPECT_EQ(batch.observations[5].unit, "1");
}

TEST(SdtmFindingsTest, RejectsWhatIsIncompleteOrContradictsItself) {
  const auto batch = ReadOne(
      "S,LB,P,1,ALB,1,1,1,g/L,,,2013-12\n"
      "S,LB,P,2,ALB,1,1,1,g/L,,,\n"
      "S,LB,P,3,ALB,1,1,1.2.3,g/L,,,2013-12-26\n"
      "S,LB,P,4,ALB,,,,,,,2013-12-26\n"
      "S,LB,P,5,ALB,1,1,1,g/L,NOT DONE,,2013-12-26\n"
      "S,LB,P,6,ALB,,,,,DONE,,2013-12-26\n"
      "S,LB,,7,ALB,1,1,1,g/L,,,2013-12-26\n"
      "S,LB,P,,ALB,1,1,1,g/L,,,2013-12-26\n"
      "S,LB,P,9\n"
      "S,LB,P,10,ALB,1,1,1,g/L,,,2013-12-26\n");
  std::vector<std::string> rejects;
  for (const RowReject& reject : batch.rejects) {
    rejects.push_back(std::to_string(reject.line) + " " + reject.column + ": " + reject.reason +
                      " [" + reject.key + "]");
  }
  EXPECT_THAT(rejects,
              testing::ElementsAre(
                  "2 LBDTC: partial date: month or day is missing [LB/P/1]",
                  "3 LBDTC: the time is empty [LB/P/2]", "4 LBSTRESN: is not a number [LB/P/3]",
                  "5 LBSTRESC: there is no result and no NOT DONE [LB/P/4]",
                  "6 LBSTAT: says NOT DONE, but there is a result [LB/P/5]",
                  "7 LBSTAT: is neither empty nor NOT DONE [LB/P/6]", "8 USUBJID: is empty []",
                  "9 LBSEQ: is empty []", "10 : the row has 4 fields, the header 12 []"));
  ASSERT_EQ(batch.observations.size(), 1U);
  EXPECT_EQ(batch.observations[0].line, 11U);
  EXPECT_EQ(batch.rows, 10U);
}

TEST(SdtmFindingsTest, NamesTheColumnsItMisses) {
  const std::string text = "USUBJID,DOMAIN,VSSEQ,VSTESTCD,VSDTC,VSSTRESN,VSSTRESU\n";
  EXPECT_EQ(OpenCsv(MakeMemorySource(text), {}).error().message,
            "Missing columns: VSSTRESC (close to it: VSSTRESN). Found: USUBJID, DOMAIN, VSSEQ, "
            "VSTESTCD, VSDTC, VSSTRESN, VSSTRESU.");
}

TEST(SdtmFindingsTest, AnyFindingsDomainWillDo) {
  const std::string text =
      "egtestcd,egstresc,egstresn,egstresu,egdtc,egseq,domain,usubjid\nQTCF,451,451,msec,"
      "2014-01-02T10:00:00+01:00,1,EG,P\n";
  auto source = OpenCsv(MakeMemorySource(text), {});
  ASSERT_TRUE(source.has_value());
  ObservationBatch batch;
  ASSERT_EQ((*source)->NextBatch(batch), true);
  ASSERT_EQ(batch.observations.size(), 1U);
  EXPECT_EQ(batch.observations[0].idempotency_key, "EG/P/1");
  EXPECT_EQ(batch.observations[0].time.offset_minutes, 60);
  EXPECT_EQ((*source)->NextBatch(batch), false);
  EXPECT_TRUE(batch.observations.empty());
}

}  // namespace
}  // namespace vedette::formats::csv
