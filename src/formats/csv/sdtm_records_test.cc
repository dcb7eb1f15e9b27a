// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/sdtm_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "formats/csv/open.h"

namespace vedette::formats::csv {
namespace {

using Kind = RecordField::Kind;
using ::testing::HasSubstr;

CsvOptions Options() {
  CsvOptions options;
  options.records.layouts["AE"] = {.fields = {{"AETERM", "AETERM", Kind::kText},
                                              {"AESTDTC", "AESTDTC", Kind::kTime},
                                              {"AEDUR", "AEDUR", Kind::kNumber}}};
  options.records.layouts["DM"] = {
      .fields = {{"SEX", "SEX", Kind::kText}, {"RFXSTDTC", "RFXSTDTC", Kind::kTime}},
      .form = false};
  options.records.visits = {{"4", "SV_W2"}, {"8.1", "SV_W10"}};
  return options;
}

// What a batch tells stands in its source.
struct Read {
  std::unique_ptr<DataSource> source;
  ObservationBatch batch;
};

Read ReadAll(const std::string& text) {
  Read read;
  read.source = OpenCsv(MakeMemorySource(text), Options()).value();
  EXPECT_EQ(read.source->NextBatch(read.batch), true);
  return read;
}

constexpr std::string_view kAe = "DOMAIN,USUBJID,AESEQ,AETERM,AESTDTC,AEDUR,AEDTC\n";

TEST(SdtmRecordsTest, ARowGivesItsFilledFields) {
  const auto [source, batch] = ReadAll(std::string(kAe) +
                                       "AE,P1,3,ERYTHEMA,2014-01-09,2.5,2014-01-16\n"
                                       "AE,P1,4,PRURITUS,,,2014-01-17\n");
  ASSERT_EQ(batch.observations.size(), 4U);
  EXPECT_EQ(batch.rows, 2U);
  const Observation& term = batch.observations[0];
  EXPECT_EQ(term.subject_number, "P1");
  EXPECT_EQ(term.item, "AETERM");
  EXPECT_EQ(term.text, "ERYTHEMA");
  EXPECT_EQ(term.row, "AE/3");
  EXPECT_EQ(term.idempotency_key, "AE/P1/3/AETERM");
  EXPECT_EQ(term.time_text, "2014-01-09");
  EXPECT_EQ(batch.observations[2].number, 2.5);
  EXPECT_EQ(batch.observations[3].row, "AE/4");
  EXPECT_EQ(batch.observations[3].time_text, "2014-01-17") << "without a start, when it was told";
}

TEST(SdtmRecordsTest, PartialDatesOrderTheRowAndAreNoValue) {
  const auto [source, batch] =
      ReadAll(std::string(kAe) + "AE,P1,3,RASH,2013-12,,\nAE,P1,4,RASH,2013,,\n");
  ASSERT_EQ(batch.observations.size(), 4U);
  EXPECT_EQ(batch.observations[0].time_text, "2013-12-01");
  EXPECT_EQ(batch.observations[1].kind, ValueKind::kAbsent);
  EXPECT_EQ(batch.observations[1].text, "PARTIAL DATE");
  EXPECT_EQ(batch.observations[2].time_text, "2013-01-01");
}

TEST(SdtmRecordsTest, NamesWhatIsWrongWithARow) {
  const auto [source, batch] = ReadAll(std::string(kAe) +
                                       "AE,,3,RASH,2013-12-01,,\n"
                                       "AE,P1,,RASH,2013-12-01,,\n"
                                       "AE,P1,3,RASH,,,\n"
                                       "AE,P1,3,RASH,soon,,\n"
                                       "AE,P1,3,RASH,2013-12-01,long,\n"
                                       "AE,P1,3,,,,2013-12-01\n");
  EXPECT_TRUE(batch.observations.empty());
  ASSERT_EQ(batch.rejects.size(), 6U);
  EXPECT_EQ(batch.rejects[0].column, "USUBJID");
  EXPECT_EQ(batch.rejects[1].column, "AESEQ");
  EXPECT_EQ(batch.rejects[2].column, "AESTDTC");
  EXPECT_EQ(batch.rejects[3].column, "AESTDTC");
  EXPECT_EQ(batch.rejects[4].column, "AEDUR");
  EXPECT_EQ(batch.rejects[5].reason, "holds nothing that is recorded");
}

TEST(SdtmRecordsTest, DemographicsAreAttributes) {
  const auto [source, batch] =
      ReadAll("USUBJID,RFSTDTC,RFXSTDTC,SEX,DMDTC\nP1,2014-01-02,2014-01-03,F,\n");
  ASSERT_EQ(batch.observations.size(), 2U);
  EXPECT_EQ(batch.observations[0].row, "");
  EXPECT_EQ(batch.observations[0].idempotency_key, "DM/P1/SEX");
  EXPECT_EQ(batch.observations[1].text, "2014-01-03");
  EXPECT_EQ(batch.observations[1].time_text, "2014-01-02");
}

TEST(SdtmRecordsTest, VisitsThatArePlannedTookPlace) {
  const auto [source, batch] = ReadAll(
      "USUBJID,VISITNUM,SVSTDTC\nP1,4.0,2014-01-16\nP1,8.10,2014-03-01\n"
      "P1,501,2014-04-01\n");
  ASSERT_EQ(batch.observations.size(), 2U);
  EXPECT_EQ(batch.observations[0].item, "SV_W2");
  EXPECT_EQ(batch.observations[0].text, "Y");
  EXPECT_EQ(batch.observations[1].item, "SV_W10");
  EXPECT_EQ(batch.observations[1].idempotency_key, "SV/P1/8.1");
  ASSERT_EQ(batch.rejects.size(), 1U);
  EXPECT_EQ(batch.rejects[0].column, "VISITNUM");
}

TEST(SdtmRecordsTest, ADomainTheStudyDoesNotRecordIsRefused) {
  const auto source = OpenCsv(MakeMemorySource("USUBJID,CMSEQ,CMSTDTC\n"), Options());
  ASSERT_FALSE(source.has_value());
  EXPECT_THAT(source.error().message, HasSubstr("items of domain CM"));
}

}  // namespace
}  // namespace vedette::formats::csv
