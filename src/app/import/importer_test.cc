// SPDX-License-Identifier: Apache-2.0
#include "app/import/importer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "app/import/fakes.h"
#include "formats/csv/open.h"
#include "kit/task/runtime.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/temp_dir.h"

namespace vedette::importing {
namespace {

using formats::Observation;

constexpr const char* kFindingsHeader =
    "DOMAIN,USUBJID,VSSEQ,VSTESTCD,VSSTRESC,VSSTRESN,VSSTRESU,VSSTAT,VSDTC\n";

std::string FindingsRow(int i, int value) {
  return "VS,P" + std::to_string(i % 7) + "," + std::to_string(i) + ",SYSBP," +
         std::to_string(value) + "," + std::to_string(value) + ",mmHg,,2013-12-26\n";
}

std::string FindingsFile(int rows) {
  std::string text = kFindingsHeader;
  for (int i = 0; i < rows; ++i) text += FindingsRow(i, 100 + i % 60);
  return text;
}

std::string VitalSignFile(int rows) {
  std::string text = "patient_id,record_time,heart_rate,blood_pressure\n";
  for (int i = 0; i < rows; ++i) {
    text += "P" + std::to_string(i) + ",2026-03-01T08:30:00Z,72,120/80\n";
  }
  return text;
}

class ImporterTest : public testing::Test {
 protected:
  ImporterTest() {
    options_.file = "test.csv";
    options_.batch_rows = 100;
    limits_.limits.chunk_bytes = 4096;
  }

  // Imports `text`; rejects_ then holds the rejects file without its first line.
  ImportSummary Import(const std::string& text) {
    auto source = formats::csv::OpenCsv(formats::MakeMemorySource(text), limits_);
    EXPECT_TRUE(source.has_value());
    return ImportSource(std::move(*source));
  }

  ImportSummary ImportSource(std::unique_ptr<formats::DataSource> source) {
    const std::string path = (std::filesystem::path(folder_.path()) / "rejects.csv").string();
    auto rejects = RejectsFile::Create(path);
    EXPECT_TRUE(rejects.has_value());
    Importer importer({sink_, *rejects, progress_, sleeper_, clock_}, options_);
    importer_ = &importer;
    const ImportSummary summary =
        Await<ImportSummary>(runtime_, [&] { return importer.Run(std::move(source)); });
    importer_ = nullptr;
    EXPECT_TRUE(rejects->Finish().has_value());
    std::ifstream in(path);
    std::stringstream all;
    all << in.rdbuf();
    rejects_ = all.str();
    if (const auto line = rejects_.find('\n'); line != std::string::npos)
      rejects_.erase(0, line + 1);
    EXPECT_EQ(summary.rows_read,
              summary.rows_accepted + summary.rows_rejected + summary.rows_not_sent);
    EXPECT_EQ(summary.observations, summary.recorded + summary.duplicates);
    EXPECT_EQ(std::count(rejects_.begin(), rejects_.end(), '\n'),
              static_cast<std::ptrdiff_t>(summary.rows_rejected));
    return summary;
  }

  Runtime runtime_{2};
  testkit::TempDir folder_;
  FakeClock clock_;
  FakeSleeper sleeper_;
  FakeSink sink_;
  NoProgress progress_;
  ImportOptions options_;
  formats::csv::CsvOptions limits_;
  Importer* importer_ = nullptr;
  std::string rejects_;
};

TEST_F(ImporterTest, EveryRowArrivesOnceAndAgainChangesNothing) {
  const std::string file = FindingsFile(5000);
  const ImportSummary first = Import(file);
  EXPECT_EQ(ExitCode(first), 0);
  EXPECT_EQ(first.rows_accepted, 5000U);
  EXPECT_EQ(first.recorded, 5000U);
  EXPECT_EQ(sink_.log.size(), 5000U);
  EXPECT_GT(first.alerts_raised, 0U);
  EXPECT_LE(sink_.largest, 100U);
  EXPECT_GT(sink_.most_under_way, 1U);
  EXPECT_LE(sink_.most_under_way, options_.consumers);
  EXPECT_EQ(rejects_, "");

  const ImportSummary again = Import(file);
  EXPECT_EQ(ExitCode(again), 0);
  EXPECT_EQ(again.recorded, 0U);
  EXPECT_EQ(again.duplicates, 5000U);
  EXPECT_EQ(again.alerts_raised, 0U);
  EXPECT_EQ(sink_.log.size(), 5000U);
}

TEST_F(ImporterTest, RowsOfThreeObservationsStayWhole) {
  options_.batch_rows = 50;
  options_.batch_events = 100;  // 33 rows and a third
  const ImportSummary summary = Import(VitalSignFile(1000));
  EXPECT_EQ(summary.rows_accepted, 1000U);
  EXPECT_EQ(summary.observations, 3000U);
  EXPECT_EQ(sink_.log.size(), 3000U);
  EXPECT_EQ(sink_.largest, 99U);
}

TEST_F(ImporterTest, BadRowsAreNamedAndTheOthersArrive) {
  std::string file = kFindingsHeader;
  for (int i = 0; i < 300; ++i) file += i == 150 ? "VS,P1,150,SYSBP,x\n" : FindingsRow(i, 120);
  sink_.refuse = [](const Observation& event) -> std::optional<FieldViolation> {
    if (event.idempotency_key == "VS/P3/10") return FieldViolation{"item", "is not known"};
    if (event.idempotency_key == "VS/P4/11") return FieldViolation{"unit", "is not mmHg"};
    if (event.idempotency_key == "VS/P4/298")
      return FieldViolation{"subjectNumber", "is not known"};
    return std::nullopt;
  };
  const ImportSummary summary = Import(file);
  EXPECT_EQ(ExitCode(summary), 1);
  EXPECT_EQ(summary.rows_read, 300U);
  EXPECT_EQ(summary.rows_accepted, 296U);
  EXPECT_EQ(summary.rows_rejected, 4U);
  EXPECT_EQ(sink_.log.size(), 296U);
  EXPECT_THAT(rejects_, testing::HasSubstr("test.csv,12,VSTESTCD,is not known,VS/P3/10\n"));
  EXPECT_THAT(rejects_, testing::HasSubstr("test.csv,13,VSSTRESU,is not mmHg,VS/P4/11\n"));
  EXPECT_THAT(rejects_,
              testing::HasSubstr("test.csv,152,,\"the row has 5 fields, the header 9\",\n"));
  EXPECT_THAT(rejects_, testing::HasSubstr("test.csv,300,USUBJID,is not known,VS/P4/298\n"));
}

TEST_F(ImporterTest, SeveralFilesShareOneRejectsFile) {
  const std::string path = (std::filesystem::path(folder_.path()) / "rejects.csv").string();
  auto rejects = RejectsFile::Create(path);
  const std::string text = std::string(kFindingsHeader) + "x\n" + FindingsRow(1, 120);
  for (const char* name : {"first.csv", "second.csv"}) {
    options_.file = name;
    auto source = formats::csv::OpenCsv(formats::MakeMemorySource(text), limits_);
    Importer importer({sink_, *rejects, progress_, sleeper_, clock_}, options_);
    const auto summary =
        Await<ImportSummary>(runtime_, [&] { return importer.Run(std::move(*source)); });
    EXPECT_EQ(ExitCode(summary), 1);
  }
  EXPECT_TRUE(rejects->Finish().has_value());
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  EXPECT_THAT(all.str(), testing::HasSubstr("first.csv,2,"));
  EXPECT_THAT(all.str(), testing::HasSubstr("second.csv,2,"));
}

TEST_F(ImporterTest, ARowIsRefusedWhole) {
  sink_.refuse = [](const Observation& event) -> std::optional<FieldViolation> {
    if (event.item == "HR" && event.line == 5) return FieldViolation{"number", "is not plausible"};
    return std::nullopt;
  };
  const ImportSummary summary = Import(VitalSignFile(10));
  EXPECT_EQ(summary.rows_rejected, 1U);
  EXPECT_EQ(summary.recorded, 27U);
  EXPECT_FALSE(sink_.log.contains("vital-signs/P3/2026-03-01T08:30:00Z/SYSBP"));
  EXPECT_EQ(rejects_,
            "test.csv,5,heart_rate,is not plausible,"
            "vital-signs/P3/2026-03-01T08:30:00Z/HR\n");
}

TEST_F(ImporterTest, AbortEndsAtTheFirstBadRow) {
  options_.abort_on_error = true;
  options_.consumers = 1;
  std::string file = FindingsFile(1000) + "VS,P1,1000,SYSBP,,abc,mmHg,,2013-12-26\n";
  for (int i = 1001; i < 9000; ++i) file += FindingsRow(i, 120);
  const ImportSummary summary = Import(file);
  EXPECT_EQ(ExitCode(summary), 2);
  ASSERT_TRUE(summary.ended_by.has_value());
  EXPECT_EQ(summary.ended_by->message, "Line 1002, VSSTRESN: is not a number");
  EXPECT_EQ(summary.rows_rejected, 1U);
  EXPECT_GT(summary.rows_not_sent, 0U);
  EXPECT_LE(sink_.log.size(), 1000U);
  EXPECT_EQ(rejects_, "test.csv,1002,VSSTRESN,is not a number,VS/P1/1000\n");
}

TEST_F(ImporterTest, AbortEndsAtTheFirstRefusedRow) {
  options_.abort_on_error = true;
  options_.consumers = 1;
  sink_.refuse = [](const Observation& event) -> std::optional<FieldViolation> {
    if (event.line == 250) return FieldViolation{"item", "is not known"};
    return std::nullopt;
  };
  const ImportSummary summary = Import(FindingsFile(1000));
  EXPECT_EQ(ExitCode(summary), 2);
  EXPECT_EQ(summary.ended_by->message, "Line 250, VSTESTCD: is not known");
  EXPECT_FALSE(sink_.log.contains("VS/P3/248"));
  EXPECT_LT(sink_.log.size(), 300U);
}

TEST_F(ImporterTest, ABusyServerIsTriedAgainWhenItAsksTo) {
  int failures = 0;
  sink_.fail = [&](auto) -> std::optional<Error> {
    if (failures++ >= 3) return std::nullopt;
    return Error{Code::kResourceExhausted, "Busy.", {}, std::chrono::milliseconds(1000)};
  };
  options_.consumers = 1;
  const ImportSummary summary = Import(FindingsFile(50));
  EXPECT_EQ(ExitCode(summary), 0);
  EXPECT_EQ(summary.retries, 3U);
  EXPECT_EQ(sleeper_.total, std::chrono::seconds(3));
  EXPECT_EQ(sink_.log.size(), 50U);
}

TEST_F(ImporterTest, GivesUpOnAServerThatStaysAway) {
  options_.retry.attempts = 4;
  options_.consumers = 1;
  sink_.fail = [](auto) { return Error{Code::kUnavailable, "The service is away."}; };
  const ImportSummary summary = Import(FindingsFile(500));
  EXPECT_EQ(ExitCode(summary), 2);
  EXPECT_EQ(summary.ended_by->message, "The service is away.");
  EXPECT_EQ(summary.retries, 3U);
  EXPECT_EQ(summary.rows_accepted, 0U);
  // 200, 400 and 800 ms, each at least half.
  EXPECT_GE(sleeper_.total, std::chrono::milliseconds(700));
  EXPECT_LE(sleeper_.total, std::chrono::milliseconds(1400));
}

TEST_F(ImporterTest, AnotherErrorEndsAtOnce) {
  sink_.fail = [](auto) { return Error{Code::kPermissionDenied, "Not your study."}; };
  const ImportSummary summary = Import(FindingsFile(500));
  EXPECT_EQ(ExitCode(summary), 2);
  EXPECT_EQ(summary.ended_by->code, Code::kPermissionDenied);
  EXPECT_EQ(summary.retries, 0U);
  EXPECT_THAT(FormatSummary(summary), testing::HasSubstr("Ended early: Not your study.\n"));
}

TEST_F(ImporterTest, TooLargeARequestIsHalved) {
  sink_.fail = [](std::span<const Observation> events) -> std::optional<Error> {
    for (const Observation& event : events) {
      if (event.line == 40) return Error{Code::kPayloadTooLarge, "The request is too large."};
    }
    if (events.size() > 10) return Error{Code::kPayloadTooLarge, "The request is too large."};
    return std::nullopt;
  };
  const ImportSummary summary = Import(FindingsFile(300));
  EXPECT_EQ(ExitCode(summary), 1);
  EXPECT_EQ(sink_.log.size(), 299U);
  EXPECT_EQ(rejects_, "test.csv,40,,The request is too large.,VS/P3/38\n");
}

TEST_F(ImporterTest, ADryRunRecordsNothing) {
  options_.dry_run = true;
  const ImportSummary summary = Import(FindingsFile(100));
  EXPECT_EQ(ExitCode(summary), 0);
  EXPECT_EQ(summary.recorded, 100U);
  EXPECT_TRUE(sink_.log.empty());
  EXPECT_THAT(FormatSummary(summary), testing::HasSubstr("100 rows read = 100 acceptable + 0 rej"));
}

TEST_F(ImporterTest, StopFinishesWhatIsUnderWay) {
  std::size_t calls = 0;
  sink_.fail = [&](auto) -> std::optional<Error> {
    if (++calls == 5) importer_->Stop();
    return std::nullopt;
  };
  const ImportSummary summary = Import(FindingsFile(20000));
  EXPECT_EQ(ExitCode(summary), 2);
  EXPECT_TRUE(summary.interrupted);
  EXPECT_FALSE(summary.ended_by.has_value());
  EXPECT_EQ(summary.rows_accepted, sink_.log.size());
  EXPECT_GE(sink_.log.size(), 400U);
  EXPECT_LE(sink_.calls, 5 + options_.consumers);
  EXPECT_THAT(FormatSummary(summary), testing::HasSubstr("Interrupted."));
}

TEST_F(ImporterTest, StopIsHeardDuringAWait) {
  options_.retry.attempts = 1000000;
  std::size_t calls = 0;
  sink_.fail = [&](auto) -> std::optional<Error> {
    if (++calls == 8) importer_->Stop();
    return Error{Code::kUnavailable, "The service is away."};
  };
  const ImportSummary summary = Import(FindingsFile(20000));
  EXPECT_TRUE(summary.interrupted);
  EXPECT_EQ(summary.rows_accepted, 0U);
}

TEST_F(ImporterTest, AnAnswerThatDoesNotAddUpEndsTheImport) {
  class ForgetfulSink final : public RecordSink {
   public:
    Task<Result<RecordOutcome>> Record(std::span<const Observation> events, bool) override {
      co_return RecordOutcome{static_cast<std::int64_t>(events.size()) - 1, 0, 0};
    }
  } sink;
  const std::string text = FindingsFile(10);
  auto source = formats::csv::OpenCsv(formats::MakeMemorySource(text), {});
  auto rejects = RejectsFile::Create((std::filesystem::path(folder_.path()) / "r.csv").string());
  Importer importer({sink, *rejects, progress_, sleeper_, clock_}, options_);
  const auto summary =
      Await<ImportSummary>(runtime_, [&] { return importer.Run(std::move(*source)); });
  EXPECT_EQ(summary.ended_by->code, Code::kInternal);
  EXPECT_EQ(summary.rows_not_sent, 10U);
}

TEST_F(ImporterTest, ASourceThatBreaksEndsWithItsReason) {
  class BrokenSource final : public formats::DataSource {
   public:
    Result<bool> NextBatch(formats::ObservationBatch&) override {
      return Fail(Code::kInvalidArgument, "The gzip file is cut off.");
    }
    formats::SourceProgress progress() const override { return {}; }
    std::string ColumnOf(std::string_view field, const Observation&) const override {
      return std::string(field);
    }
  };
  const ImportSummary summary = ImportSource(std::make_unique<BrokenSource>());
  EXPECT_EQ(ExitCode(summary), 2);
  EXPECT_EQ(summary.ended_by->message, "The gzip file is cut off.");
}

TEST_F(ImporterTest, ThePilotStudysVitalSignsAddUp) {
  const char* const folder = std::getenv("VEDETTE_SHARED_DATA");
  const auto path = std::filesystem::path(folder != nullptr ? folder : "../shared/data") /
                    "cdiscpilot01" / "vs.csv.gz";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "The pilot study's files are not there; set VEDETTE_SHARED_DATA.";
  }
  options_.batch_rows = 1000;
  auto source = formats::csv::OpenCsv(
      *formats::MakeTextSource(*formats::OpenFileSource(path.string())), limits_);
  const ImportSummary summary = ImportSource(std::move(*source));
  EXPECT_EQ(ExitCode(summary), 0);
  EXPECT_EQ(summary.rows_accepted, 29643U);
  EXPECT_EQ(summary.recorded, 29643U);
  EXPECT_EQ(summary.alerts_raised, 2559U);
  EXPECT_EQ(progress_.last.bytes_read, progress_.last.bytes_total);
}

}  // namespace
}  // namespace vedette::importing
