// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/held_traces.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

std::unique_ptr<Span::Data> SpanOf(const TraceContext& context,
                                   std::string_view name,
                                   std::optional<Code> error = {}) {
  auto data = std::make_unique<Span::Data>();
  data->context = context;
  data->name = name;
  data->failed = error.has_value();
  if (error) data->code = *error;
  return data;
}

TEST(HeldTracesTest, AFailedTraceComesOutWholeWhenItsLastSpanEnds) {
  HeldTraces held(100, 100);
  const TraceContext trace = TraceContext().Child();
  ASSERT_TRUE(held.Open(trace));
  ASSERT_TRUE(held.Open(trace));
  ASSERT_TRUE(held.Open(trace));
  EXPECT_EQ(held.size(), 1U);
  EXPECT_TRUE(held.Close(SpanOf(trace, "sql")).empty());
  EXPECT_TRUE(held.Close(SpanOf(trace, "call", Code::kUnavailable)).empty());
  const auto spans = held.Close(SpanOf(trace, "root"));
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0]->name, "sql");
  EXPECT_EQ(spans[1]->name, "call");
  EXPECT_EQ(spans[2]->name, "root");
  EXPECT_EQ(held.size(), 0U);
}

TEST(HeldTracesTest, AnotherTraceIsForgotten) {
  HeldTraces held(100, 100);
  const TraceContext trace = TraceContext().Child();
  ASSERT_TRUE(held.Open(trace));
  ASSERT_TRUE(held.Open(trace));
  EXPECT_TRUE(held.Close(SpanOf(trace, "a", Code::kNotFound)).empty());
  EXPECT_TRUE(held.Close(SpanOf(trace, "b")).empty());
  EXPECT_EQ(held.size(), 0U);
}

TEST(HeldTracesTest, KeepsTheFirstSpansAndTheLast) {
  HeldTraces held(100, 2);
  const TraceContext trace = TraceContext().Child();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(held.Open(trace));
  held.Close(SpanOf(trace, "first"));
  held.Close(SpanOf(trace, "second"));
  held.Close(SpanOf(trace, "third", Code::kInternal));
  held.Close(SpanOf(trace, "fourth"));
  const auto spans = held.Close(SpanOf(trace, "root"));
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0]->name, "first");
  EXPECT_EQ(spans[1]->name, "second");
  EXPECT_EQ(spans[2]->name, "root");
}

TEST(HeldTracesTest, TurnsTracesAwayWhenFullButNotSpansOfThoseItHas) {
  HeldTraces held(16, 10);  // one a shard
  const TraceContext first = TraceContext().Child();
  TraceContext second = TraceContext().Child();
  second.trace_id[15] = first.trace_id[15];
  ASSERT_TRUE(held.Open(first));
  EXPECT_FALSE(held.Open(second));
  EXPECT_TRUE(held.Open(first));
  held.Close(SpanOf(first, "a"));
  held.Close(SpanOf(first, "b"));
  EXPECT_TRUE(held.Open(second));
}

}  // namespace
}  // namespace vedette
