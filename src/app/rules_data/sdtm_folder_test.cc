// SPDX-License-Identifier: Apache-2.0
#include "app/rules_data/sdtm_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace vedette::app::rules_data {
namespace {

using rules::CatalogItem;
using rules::ItemColumns;
using rules::kDay;
using rules::Observation;
using rules::ValueKind;

constexpr rules::Seconds kJanuary2 = 1'388'620'800;  // 2014-01-02

class SdtmFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    Write("dm.csv",
          "STUDYID,USUBJID,SITEID,RFSTDTC,RFENDTC,RFXSTDTC,AGE,SEX,ARMCD,DMDTC\n"
          "S,01,701,2014-01-02,2014-03-01,2014-01-02,63,F,Pbo,2013-12-26\n"
          "S,02,702,,,,70,M,Scrnfail,2013-12-27\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const char* name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  SdtmStudy Load(const SdtmOptions& options = {}) {
    auto study = LoadSdtmFolder(folder_.string(), options);
    EXPECT_TRUE(study.has_value()) << study.error().message;
    return std::move(*study);
  }
  static const ItemColumns& Of(const SdtmStudy& study, const CatalogItem* item) {
    return study.history->Item(study.catalog->IndexOf(*item));
  }

  std::filesystem::path folder_;
};

TEST_F(SdtmFolderTest, DemographicsBecomeSubjectsAndAttributes) {
  Write("ds.csv",
        "USUBJID,DSSEQ,DSCAT,DSDECOD,DSSTDTC\n"
        "01,1,DISPOSITION EVENT,COMPLETED,2014-03-01\n01,2,OTHER EVENT,FINAL,2014-03-02\n");
  const SdtmStudy study = Load();
  EXPECT_EQ(study.catalog->study_id, "S");
  ASSERT_EQ(study.history->subjects(), 2U);
  EXPECT_EQ(study.history->SiteId(1), "702");
  const ItemColumns& dose = Of(study, study.catalog->FindAttribute("first_dose"));
  ASSERT_EQ(dose.size(), 1U);
  EXPECT_EQ(dose.value[0], kJanuary2);
  EXPECT_TRUE(study.catalog->FindAttribute("arm")->unblinding);
  const ItemColumns& status = Of(study, study.catalog->FindAttribute("status"));
  ASSERT_EQ(status.offsets[1], 1U);
  EXPECT_EQ(study.history->texts().Text(static_cast<std::uint32_t>(status.value[0])), "COMPLETED");
  EXPECT_EQ(study.catalog->first_dose, "first_dose");
  EXPECT_EQ(study.catalog->visit_reference, "reference");
}

TEST_F(SdtmFolderTest, TestsBecomeSeriesWithUnitAndLimits) {
  Write("lb.csv",
        "USUBJID,LBSEQ,LBTESTCD,LBTEST,LBSTRESC,LBSTRESN,LBSTRESU,LBSTNRLO,LBSTNRHI,LBSTAT,LBDTC\n"
        "01,1,ALT,Alanine Aminotransferase,130,130,U/L,6,34,,2014-01-02T14:45\n"
        "01,2,ALT,Alanine Aminotransferase,<5,,U/L,6,34,,2014-01-09\n"
        "01,3,ALT,Alanine Aminotransferase,2.1,2.1,ukat/L,,,,2014-01-10\n"
        "01,4,ALT,Alanine Aminotransferase,40,40,U/L,,,,2014-01\n"
        "01,5,BILI,Bilirubin,10,10,umol/L,,,,2014-01-02\n"
        "01,6,KETONES,Ketones,NEGATIVE,,,,,,2014-01-02\n"
        "09,7,ALT,Alanine Aminotransferase,40,40,U/L,,,,2014-01-02\n");
  const SdtmStudy study = Load();
  const CatalogItem* alt = study.catalog->FindSeries("lab.ALT");
  ASSERT_NE(alt, nullptr);
  EXPECT_EQ(alt->label, "Alanine Aminotransferase");
  EXPECT_EQ(alt->unit, "U/L");
  const ItemColumns& columns = Of(study, alt);
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns.time[0], kJanuary2 + 14 * 3600 + 45 * 60);
  EXPECT_EQ(columns.upper_limit[0], 34);
  EXPECT_EQ(columns.value[1], 5);
  EXPECT_EQ(columns.flags[1], Observation::kBelow);
  EXPECT_EQ(study.skipped, 3U);
  EXPECT_NE(study.catalog->FindSeries("lab.TBILI"), nullptr);
  EXPECT_EQ(study.catalog->FindSeries("lab.KETONES")->kind, ValueKind::kText);
}

TEST_F(SdtmFolderTest, RecordsOfFormsBecomeRows) {
  Write("ae.csv",
        "USUBJID,AESEQ,AETERM,AESEV,AESER,AESTDTC,AEENDTC,AEDTC\n"
        "01,1,RASH,MILD,N,2014-01-05,,2014-01-16\n01,2,NAUSEA,SEVERE,Y,2014,,2014-01-16\n");
  const SdtmStudy study = Load();
  ASSERT_NE(study.catalog->FindForm("AE"), nullptr);
  const ItemColumns& start = Of(study, study.catalog->FindField("AE", "AESTDT"));
  ASSERT_EQ(start.size(), 1U);
  EXPECT_EQ(start.value[0], kJanuary2 + 3 * kDay);
  const ItemColumns& severity = Of(study, study.catalog->FindField("AE", "AESEV"));
  ASSERT_EQ(severity.size(), 2U);
  EXPECT_NE(severity.row[0], severity.row[1]);
  EXPECT_EQ(severity.time[1], kJanuary2 + 14 * kDay);
  EXPECT_EQ(study.catalog->FindField("AE", "AESER")->codelist, "NY");
}

TEST_F(SdtmFolderTest, PlannedVisitsAreThoseForEveryone) {
  Write("tv.csv",
        "VISITNUM,VISIT,VISITDY,TVSTRL\n"
        "3,BASELINE,1,\n5,WEEK 4,28,\n8.1,WEEK 10 (T),70,\n101,AE FOLLOW-UP,,\n"
        "201,RETRIEVAL,168,\"If subject stopped early\"\n");
  Write("sv.csv", "USUBJID,VISITNUM,SVSTDTC\n01,5,2014-01-29\n01,8.10,2014-03-12\n");
  const SdtmStudy study = Load({.visit_window_days = 3});
  ASSERT_EQ(study.catalog->visits.size(), 3U);
  EXPECT_EQ(study.catalog->visits[1].code, "W4");
  EXPECT_EQ(study.catalog->visits[1].day, 28);
  EXPECT_EQ(study.catalog->visits[1].window_after, 3);
  EXPECT_EQ(study.catalog->visits[2].code, "W10_T");
  EXPECT_EQ(Of(study, study.catalog->FindByCode("SV.W10_T")).size(), 1U);
}

TEST_F(SdtmFolderTest, WithoutDemographicsThereIsNoStudy) {
  std::filesystem::remove(folder_ / "dm.csv");
  EXPECT_EQ(LoadSdtmFolder(folder_.string()).error().code, Code::kNotFound);
  EXPECT_EQ(LoadSdtmFolder((folder_ / "none").string()).error().code, Code::kNotFound);
}

TEST(SdtmPilotTest, ThePilotIsReadWhole) {
  const char* const shared = std::getenv("VEDETTE_SHARED_DATA");
  const std::filesystem::path folder =
      std::filesystem::path(shared != nullptr ? shared : "../shared/data") / "cdiscpilot01";
  if (!std::filesystem::is_directory(folder)) {
    GTEST_SKIP() << "the pilot study's files are not there; set VEDETTE_SHARED_DATA to the folder "
                    "that holds cdiscpilot01";
  }
  const auto study = LoadSdtmFolder(folder.string());
  ASSERT_TRUE(study.has_value()) << study.error().message;
  EXPECT_EQ(study->history->subjects(), 306U);
  const CatalogItem* systolic = study->catalog->FindSeries("vs.SYSBP");
  ASSERT_NE(systolic, nullptr);
  const ItemColumns& columns = study->history->Item(study->catalog->IndexOf(*systolic));
  std::size_t high = 0;
  std::set<rules::Seconds> days;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns.value[i] <= 140) continue;
    ++high;
    days.insert(columns.time[i] / kDay);
  }
  EXPECT_EQ(high, 2559U);
  EXPECT_EQ(days.size(), 583U);
  EXPECT_EQ(study->catalog->visits.size(), 18U);
}

}  // namespace
}  // namespace vedette::app::rules_data
