// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "app/import/fakes.h"
#include "app/import/importer.h"
#include "kit/task/runtime.h"
#include "kit/testing/temp_dir.h"

namespace vedette::importing {
namespace {

class RegisterSubjectsTest : public testing::Test {
 protected:
  RegisterSubjectsTest()
      : rejects_(*RejectsFile::Create(
            (std::filesystem::path(folder_.path()) / "rejects.csv").string())) {}

  Result<RegistrationSummary> Register(std::string text) {
    auto demographics = formats::csv::ReadDemographics(formats::MakeMemorySource(text));
    EXPECT_TRUE(demographics.has_value());
    return Await<Result<RegistrationSummary>>(runtime_, [&] {
      return RegisterSubjects(std::move(*demographics), sink_, rejects_, sleeper_, options_);
    });
  }

  Runtime runtime_{1};
  testkit::TempDir folder_;
  RejectsFile rejects_;
  FakeSleeper sleeper_;
  FakeSubjectSink sink_;
  ImportOptions options_;
};

TEST_F(RegisterSubjectsTest, RegistersSitesThenSubjectsInParts) {
  std::string text = "USUBJID,SITEID,AGE,SEX\n";
  for (int i = 0; i < 2500; ++i) {
    text += "P" + std::to_string(i) + "," + std::to_string(700 + i % 17) + ",50,F\n";
  }
  sink_.site_errors = {{Code::kUnavailable, "Away."}};
  const auto summary = Register(text);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->created, 2500U);
  EXPECT_EQ(summary->sites, 17U);
  EXPECT_EQ(sink_.sites.size(), 17U);
  EXPECT_EQ(sink_.largest, 1000U);
  EXPECT_EQ(Register(text)->existing, 2500U);
}

TEST_F(RegisterSubjectsTest, RefusedSubjectsAreRejectedAlone) {
  sink_.refused_subject = "P2";
  const auto summary = Register("USUBJID,SITEID\nP1,701\nP2,702\n,701\nP3,701\n");
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->rows_read, 4U);
  EXPECT_EQ(summary->created, 2U);
  EXPECT_EQ(summary->rows_rejected, 2U);
  EXPECT_EQ(rejects_.count(), 2U);
  EXPECT_EQ(FormatSummary(*summary),
            "4 subjects at 2 sites: 2 registered, 0 there already, 2 rejected\n");
}

TEST_F(RegisterSubjectsTest, AbortAndOtherErrorsEndIt) {
  sink_.site_errors = {{Code::kPermissionDenied, "Not allowed."}};
  EXPECT_EQ(Register("USUBJID,SITEID\nP1,701\n").error().code, Code::kPermissionDenied);
  options_.abort_on_error = true;
  EXPECT_EQ(Register("USUBJID,SITEID\nP1,701\nP2,\n").error().message, "Line 3, SITEID: is empty");
  EXPECT_TRUE(sink_.subjects.empty());
}

TEST_F(RegisterSubjectsTest, ADryRunOnlyReads) {
  options_.dry_run = true;
  EXPECT_EQ(Register("USUBJID,SITEID\nP1,701\n")->sites, 1U);
  EXPECT_TRUE(sink_.sites.empty());
  EXPECT_TRUE(sink_.subjects.empty());
}

}  // namespace
}  // namespace vedette::importing
