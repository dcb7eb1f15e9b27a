// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/vital_signs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "formats/csv/open.h"

namespace vedette::formats::csv {
namespace {

std::vector<std::string> ReadAll(std::string_view text, CsvOptions options = {}) {
  std::vector<std::string> lines;
  auto source = OpenCsv(MakeMemorySource(text), std::move(options));
  if (!source) return {source.error().message};
  ObservationBatch batch;
  while (*(*source)->NextBatch(batch)) {
    std::uint64_t accepted = 0;
    std::uint64_t last = 0;
    for (const Observation& observation : batch.observations) {
      std::string line = std::to_string(observation.line) + " ";
      for (const std::string_view part : {observation.subject_number, observation.item,
                                          observation.unit, observation.idempotency_key}) {
        line.append(part).append(" ");
      }
      lines.push_back(line + std::to_string(static_cast<int>(observation.number)));
      if (observation.line != last) ++accepted;
      last = observation.line;
    }
    for (const RowReject& reject : batch.rejects) {
      lines.push_back(std::to_string(reject.line) + " rejected " + reject.column + ": " +
                      reject.reason);
    }
    EXPECT_EQ(batch.rows, accepted + batch.rejects.size());
  }
  return lines;
}

TEST(VitalSignsTest, ARowBecomesThreeObservations) {
  EXPECT_THAT(
      ReadAll("patient_id,record_time,heart_rate,blood_pressure\n"
              "P001,2026-03-01T08:30:00Z,72,120/80\n"),
      testing::ElementsAre("2 P001 HR beats/min vital-signs/P001/2026-03-01T08:30:00Z/HR 72",
                           "2 P001 SYSBP mmHg vital-signs/P001/2026-03-01T08:30:00Z/SYSBP 120",
                           "2 P001 DIABP mmHg vital-signs/P001/2026-03-01T08:30:00Z/DIABP 80"));
}

TEST(VitalSignsTest, ColumnsMayStandAnywhereAndItemsHaveOtherNames) {
  CsvOptions options;
  options.vital_signs.source = "ward-3";
  options.vital_signs.heart_rate_item = "PULSE";
  options.vital_signs.heart_rate_unit = "BEATS/MIN";
  const auto lines = ReadAll(
      "Blood Pressure,note,HeartRate,Record_Time,PATIENT ID\n"
      "\"120/80\",\"a, b\",72,2026-03-01 08:30:00,P001\n",
      options);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "2 P001 PULSE BEATS/MIN ward-3/P001/2026-03-01 08:30:00/PULSE 72");
}

TEST(VitalSignsTest, ABadRowIsRejectedWithColumnAndReason) {
  EXPECT_THAT(
      ReadAll("patient_id,record_time,heart_rate,blood_pressure\n"
              ",2026-03-01T08:30:00Z,72,120/80\n"
              "P,2026-02-29T08:30:00Z,72,120/80\n"
              "P,2026-03-01T08:30:00Z,7x,120/80\n"
              "P,2026-03-01T08:30:00Z,,120/80\n"
              "P,2026-03-01T08:30:00Z,72,120-80\n"
              "P,2026-03-01T08:30:00Z,72,/80\n"
              "P,2026-03-01T08:30:00Z,72,120/\n"
              "P,2026-03-01T08:30:00Z,72,120/80/60\n"
              "P,2026-03-01T08:30:00Z,72,1200/80\n"
              "P,2026-03-01T08:30:00Z,1000,120/80\n"
              "P,2026-03-01T08:30:00Z,72\n"),
      testing::ElementsAre(
          "2 rejected patient_id: is empty", "3 rejected record_time: the month has no such day",
          "4 rejected heart_rate: is not a whole number of up to three digits",
          "5 rejected heart_rate: is empty",
          "6 rejected blood_pressure: is not systolic/diastolic in whole numbers, as in 120/80",
          "7 rejected blood_pressure: is not systolic/diastolic in whole numbers, as in 120/80",
          "8 rejected blood_pressure: is not systolic/diastolic in whole numbers, as in 120/80",
          "9 rejected blood_pressure: is not systolic/diastolic in whole numbers, as in 120/80",
          "10 rejected blood_pressure: is not systolic/diastolic in whole numbers, as in 120/80",
          "11 rejected heart_rate: is not a whole number of up to three digits",
          "12 rejected : the row has 3 fields, the header 4"));
}

TEST(VitalSignsTest, SaysWhatElseTheFileCouldBe) {
  EXPECT_THAT(ReadAll("subject,time\nP,2026-03-01\n"),
              testing::ElementsAre(testing::HasSubstr("neither an SDTM domain")));
}

TEST(VitalSignsTest, MutatedFilesGiveTheSameForEveryChunkSize) {
  std::string sample = "patient_id,record_time,heart_rate,blood_pressure\n";
  for (int i = 0; i < 20; ++i) {
    sample += "P" + std::to_string(i) + ",2026-03-01T08:30:" + std::to_string(10 + i) + "Z,7" +
              std::to_string(i % 10) + ",120/80\n";
  }
  std::mt19937 random(5);
  const std::string bytes("\",\n\r/ 0Z\0\xff", 10);
  for (int round = 0; round < 1000; ++round) {
    std::string text = sample;
    for (std::size_t i = random() % 6; i > 0; --i) {
      const std::size_t at = 49 + random() % (text.size() - 49);
      if (random() % 2 == 0) {
        text[at] = bytes[random() % bytes.size()];
      } else {
        text.erase(at, 1 + random() % 3);
      }
    }
    CsvOptions whole;
    auto expected = ReadAll(text, whole);
    std::ranges::sort(expected);
    for (const std::size_t chunk : {1U, 5U, 64U, 333U}) {
      CsvOptions options;
      options.limits.chunk_bytes = chunk;
      options.limits.scan = ScanKind::kPortable;
      auto found = ReadAll(text, options);
      std::ranges::sort(found);
      ASSERT_EQ(found, expected) << "chunk " << chunk << " of\n" << text;
    }
  }
}

}  // namespace
}  // namespace vedette::formats::csv
