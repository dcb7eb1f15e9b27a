// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

class FixedClock final : public Clock {
 public:
  Timestamp Now() const override { return FromUnixMicros(42); }
  SteadyTime SteadyNow() const override { return {}; }
};

class Recorder final : public LogSink {
 public:
  void Write(const LogRecord& record) override {
    std::string line(record.message);
    for (const LogField& field : record.context) line += " " + field.name;
    for (const LogField& field : record.fields) line += " " + field.name;
    lines.push_back(line);
    time = record.time;
  }
  std::vector<std::string> lines;
  Timestamp time;
};

TEST(LoggerTest, WritesContextAndFieldsAtOrAboveTheMinimum) {
  const FixedClock clock;
  auto recorder = std::make_shared<Recorder>();
  const Logger logger = Logger(recorder, clock, LogLevel::kInfo).With({{"role", "monitor"}});
  logger.Debug("hidden");
  logger.Info("listening", {{"port", 8080}});
  ASSERT_EQ(recorder->lines, std::vector<std::string>{"listening role port"});
  EXPECT_EQ(ToUnixMicros(recorder->time), 42);
}

TEST(LoggerTest, TheLevelChangesForEveryLoggerOfTheControl) {
  const FixedClock clock;
  auto recorder = std::make_shared<Recorder>();
  const auto control = std::make_shared<LogControl>(LogLevel::kInfo);
  const Logger logger(recorder, clock, control);
  const Logger derived = logger.With({{"role", "monitor"}});
  derived.Debug("hidden");
  control->SetMinimum(LogLevel::kDebug);
  EXPECT_TRUE(logger.Enabled(LogLevel::kDebug));
  derived.Debug("shown");
  control->SetMinimum(LogLevel::kError);
  logger.Warning("hidden");
  EXPECT_EQ(recorder->lines, std::vector<std::string>{"shown role"});
}

TEST(LoggerTest, TheDefaultLoggerIsSilent) {
  const Logger logger;
  EXPECT_FALSE(logger.Enabled(LogLevel::kError));
  logger.Error("nobody hears");
}

template <class T>
concept Loggable = std::constructible_from<LogField, const char*, T>;

static_assert(Loggable<int> && Loggable<double> && Loggable<bool> && Loggable<std::string>);
static_assert(!Loggable<Sensitive<std::string>> && !Loggable<Sensitive<double>>);

}  // namespace
}  // namespace vedette
