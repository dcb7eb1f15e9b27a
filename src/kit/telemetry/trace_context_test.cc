// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/trace_context.h"

#include <gtest/gtest.h>

#include <set>

#include "kit/telemetry/trace_log.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/log_capture.h"

namespace vedette {
namespace {

constexpr std::string_view kHeader = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContextTest, ReadsAndWritesTheHeader) {
  const auto context = TraceContext::FromTraceparent(kHeader);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->TraceIdHex(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context->SpanIdHex(), "00f067aa0ba902b7");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->ToTraceparent(), kHeader);
}

TEST(TraceContextTest, ReadsTheSampledBitAlone) {
  const std::string ids = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
  EXPECT_FALSE(TraceContext::FromTraceparent(ids + "00")->sampled);
  EXPECT_FALSE(TraceContext::FromTraceparent(ids + "fe")->sampled);
  EXPECT_TRUE(TraceContext::FromTraceparent(ids + "ff")->sampled);
}

TEST(TraceContextTest, AcceptsLaterVersionsWithMoreFields) {
  const std::string rest = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_TRUE(TraceContext::FromTraceparent("01" + rest));
  EXPECT_TRUE(TraceContext::FromTraceparent("cc" + rest + "-what-the-future-holds"));
  EXPECT_TRUE(TraceContext::FromTraceparent("01" + rest + "-"));
  EXPECT_FALSE(TraceContext::FromTraceparent("01" + rest + "x"));
  EXPECT_EQ(TraceContext::FromTraceparent("01" + rest)->ToTraceparent().substr(0, 3), "00-");
}

TEST(TraceContextTest, RefusesWhatTheRecommendationCallsInvalid) {
  for (const std::string_view header : {
           "",
           "00",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0G",
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
       }) {
    EXPECT_FALSE(TraceContext::FromTraceparent(header)) << header;
  }
  for (std::size_t i = 0; i < kHeader.size(); ++i) {
    EXPECT_FALSE(TraceContext::FromTraceparent(kHeader.substr(0, i))) << i;
  }
}

TEST(TraceContextTest, AChildKeepsTheTrace) {
  const TraceContext parent = *TraceContext::FromTraceparent(kHeader);
  const TraceContext child = parent.Child();
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_EQ(child.sampled, parent.sampled);
}

TEST(TraceContextTest, AChildOfNothingIsANewTrace) {
  EXPECT_FALSE(TraceContext().IsValid());
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const TraceContext context = TraceContext().Child();
    ASSERT_TRUE(context.IsValid());
    seen.insert(context.TraceIdHex());
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(TraceContextTest, ALoggerCarriesTheIds) {
  const auto capture = std::make_shared<LogCapture>();
  FakeClock clock;
  const Logger logger(capture, clock, LogLevel::kInfo);
  WithTrace(logger, *TraceContext::FromTraceparent(kHeader)).Info("traced");
  WithTrace(logger, TraceContext()).Info("untraced");
  const auto entries = capture->entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(std::get<std::string>(entries[0].fields.at("trace_id")),
            "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(std::get<std::string>(entries[0].fields.at("span_id")), "00f067aa0ba902b7");
  EXPECT_TRUE(entries[1].fields.empty());
}

}  // namespace
}  // namespace vedette
