// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/sampling_log.h"

#include <gtest/gtest.h>

#include <thread>

#include "kit/testing/fake_clock.h"
#include "kit/testing/log_capture.h"

namespace vedette {
namespace {

class SamplingLogTest : public testing::Test {
 protected:
  std::int64_t LeftOut(std::size_t line) {
    const auto entries = capture_->entries();
    const auto& fields = entries.at(line).fields;
    const auto found = fields.find("left_out");
    return found == fields.end() ? 0 : std::get<std::int64_t>(found->second);
  }

  FakeClock clock_;
  std::shared_ptr<LogCapture> capture_ = std::make_shared<LogCapture>();
  std::shared_ptr<SamplingLogSink> sink_ =
      std::make_shared<SamplingLogSink>(capture_, LogSamplingOptions{.first = 3, .thereafter = 4});
  Logger logger_{sink_, clock_, LogLevel::kDebug};
};

TEST_F(SamplingLogTest, TheFirstOfASecondThenEverySoManyth) {
  for (int i = 1; i <= 13; ++i) logger_.Info("request", {{"i", i}});
  const auto entries = capture_->entries();
  std::vector<std::int64_t> passed;
  for (const auto& entry : entries) passed.push_back(std::get<std::int64_t>(entry.fields.at("i")));
  EXPECT_EQ(passed, std::vector<std::int64_t>({1, 2, 3, 7, 11}));
  EXPECT_EQ(LeftOut(2), 0);
  EXPECT_EQ(LeftOut(3), 3);
  EXPECT_EQ(LeftOut(4), 3);
  EXPECT_EQ(sink_->left_out(), 8U);
}

TEST_F(SamplingLogTest, ANewSecondBeginsAnewAndTellsWhatWasLeftOut) {
  for (int i = 0; i < 5; ++i) logger_.Info("request");
  EXPECT_EQ(capture_->entries().size(), 3U);
  clock_.Advance(std::chrono::seconds(1));
  logger_.With({{"role", "trial"}}).Info("request", {{"status", 200}});
  ASSERT_EQ(capture_->entries().size(), 4U);
  EXPECT_EQ(LeftOut(3), 2);
  EXPECT_EQ(std::get<std::string>(capture_->entries()[3].fields.at("role")), "trial");
  EXPECT_EQ(std::get<std::int64_t>(capture_->entries()[3].fields.at("status")), 200);
  logger_.Info("request");
  EXPECT_EQ(LeftOut(4), 0);
}

TEST_F(SamplingLogTest, TextsAndLevelsHaveTheirOwnAllowance) {
  for (int i = 0; i < 5; ++i) logger_.Info("request");
  for (int i = 0; i < 3; ++i) logger_.Warning("request");
  for (int i = 0; i < 3; ++i) logger_.Info("alert");
  EXPECT_EQ(capture_->Count(LogLevel::kWarning), 3U);
  EXPECT_EQ(capture_->entries().size(), 9U);
}

TEST_F(SamplingLogTest, IsSwitchedWhileItWorks) {
  sink_->Set({.first = 0});
  for (int i = 0; i < 50; ++i) logger_.Info("request");
  EXPECT_EQ(capture_->entries().size(), 50U);
  sink_->Set({.first = 1, .thereafter = 0});
  for (int i = 0; i < 50; ++i) logger_.Info("request");
  EXPECT_EQ(capture_->entries().size(), 51U);
}

TEST_F(SamplingLogTest, EveryLineIsWrittenOrCountedWhateverTheThreads) {
  sink_->Set({.first = 10, .thereafter = 7});
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([this] {
        for (int i = 0; i < 1000; ++i) logger_.Info("request");
      });
    }
  }
  EXPECT_EQ(capture_->entries().size() + sink_->left_out(), 4000U);
  EXPECT_EQ(capture_->entries().size(), 10U + 3990U / 7U);
}

}  // namespace
}  // namespace vedette
