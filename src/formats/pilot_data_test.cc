// SPDX-License-Identifier: Apache-2.0
// The CDISC pilot study's files, read whole: every row has to be accounted for.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "formats/csv/demographics.h"
#include "formats/csv/open.h"

namespace vedette::formats::csv {
namespace {

struct Counts {
  std::uint64_t rows = 0;
  std::uint64_t rejects = 0;
  std::map<ValueKind, std::uint64_t> kinds;
  std::uint64_t limits = 0;
  std::uint64_t high_systolic = 0;
  std::set<std::string> high_subjects;
  std::set<std::string> keys;
  std::map<TimePrecision, std::uint64_t> precisions;
};

class PilotDataTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("VEDETTE_SHARED_DATA");
    data_ = std::filesystem::path(folder != nullptr ? folder : "../shared/data") / "cdiscpilot01";
    if (!std::filesystem::is_directory(data_)) {
      std::cout << "The pilot study's files are not there (" << data_.string()
                << "); set VEDETTE_SHARED_DATA to the folder that holds cdiscpilot01.\n";
      GTEST_SKIP();
    }
  }

  std::unique_ptr<ByteSource> Open(const char* name) {
    auto file = OpenFileSource((data_ / name).string());
    EXPECT_TRUE(file.has_value());
    auto text = MakeTextSource(std::move(*file));
    EXPECT_TRUE(text.has_value());
    return std::move(*text);
  }

  Counts Count(const char* name) {
    Counts counts;
    auto source = OpenCsv(Open(name), {});
    EXPECT_TRUE(source.has_value());
    ObservationBatch batch;
    while (*(*source)->NextBatch(batch)) {
      counts.rows += batch.rows;
      counts.rejects += batch.rejects.size();
      for (const Observation& observation : batch.observations) {
        ++counts.kinds[observation.kind];
        ++counts.precisions[observation.time.precision];
        if (observation.comparator != 0) ++counts.limits;
        counts.keys.emplace(observation.idempotency_key);
        if (observation.item == "SYSBP" && observation.kind == ValueKind::kNumber &&
            observation.number > 140) {
          ++counts.high_systolic;
          counts.high_subjects.emplace(observation.subject_number);
        }
      }
    }
    return counts;
  }

  std::filesystem::path data_;
};

TEST_F(PilotDataTest, VitalSigns) {
  const Counts counts = Count("vs.csv.gz");
  EXPECT_EQ(counts.rows, 29643U);
  EXPECT_EQ(counts.rejects, 0U);
  EXPECT_EQ(counts.kinds, (std::map<ValueKind, std::uint64_t>{{ValueKind::kNumber, 29635},
                                                              {ValueKind::kAbsent, 8}}));
  EXPECT_EQ(counts.keys.size(), 29643U);
  EXPECT_EQ(counts.high_systolic, 2559U);
  EXPECT_EQ(counts.high_subjects.size(), 210U);
}

TEST_F(PilotDataTest, Laboratory) {
  const Counts counts = Count("lb.csv.gz");
  EXPECT_EQ(counts.rows, 59580U);
  EXPECT_EQ(counts.rejects, 0U);
  EXPECT_EQ(counts.kinds, (std::map<ValueKind, std::uint64_t>{{ValueKind::kNumber, 58706},
                                                              {ValueKind::kText, 874}}));
  EXPECT_EQ(counts.limits, 6U);
  EXPECT_EQ(counts.keys.size(), 59580U);
  EXPECT_EQ(counts.precisions, (std::map<TimePrecision, std::uint64_t>{
                                   {TimePrecision::kDay, 225}, {TimePrecision::kMinute, 59355}}));
}

TEST_F(PilotDataTest, Demographics) {
  const auto demographics = ReadDemographics(Open("dm.csv.gz"));
  ASSERT_TRUE(demographics.has_value());
  EXPECT_EQ(demographics->registrations.size(), 306U);
  EXPECT_EQ(demographics->rejects.size(), 0U);
  std::set<std::string> sites;
  for (const Registration& subject : demographics->registrations) {
    sites.insert(subject.site);
    EXPECT_GT(subject.age, 0);
  }
  EXPECT_EQ(sites.size(), 17U);
}

}  // namespace
}  // namespace vedette::formats::csv
