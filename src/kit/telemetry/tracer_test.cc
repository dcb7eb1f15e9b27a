// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/tracer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kit/testing/recording_tracer.h"

namespace vedette {
namespace {

TEST(SpanTest, AnEmptySpanIgnoresEverything) {
  Span span;
  span.Set("a", "b");
  span.Set("a", 1);
  span.Fail(Code::kInternal);
  span.End();
  EXPECT_FALSE(span.context().IsValid());
}

TEST(SpanTest, EndsOnceWithItsNameKindAttributesAndCode) {
  RecordingTracer tracer;
  {
    Span span = tracer.Start("rule.judge", SpanKind::kConsumer, {});
    span.Set("rule.kind", "lab");
    span.Set("rule.count", 2);
    span.Set("rule.count", 3);
    span.Fail(Code::kUnavailable);
    span.Fail(Code::kInternal);
    span.End();
    span.End();
    span.Set("late", 1);
    EXPECT_TRUE(span.context().IsValid());
  }
  const auto entries = tracer.entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].name, "rule.judge");
  EXPECT_EQ(entries[0].kind, SpanKind::kConsumer);
  EXPECT_EQ(entries[0].error, Code::kUnavailable);
  EXPECT_EQ(entries[0].Text("rule.kind"), "lab");
  EXPECT_EQ(entries[0].attributes.size(), 2U);
  EXPECT_EQ(std::get<std::int64_t>(entries[0].attributes.at("rule.count")), 3);
}

TEST(SpanTest, ChildrenNameTheirParents) {
  RecordingTracer tracer;
  {
    const Span outer = tracer.Start("outer", SpanKind::kServer, {});
    const Span inner = tracer.Start("inner", SpanKind::kInternal, outer.context());
    EXPECT_EQ(tracer.Count("inner"), 0U);
  }
  ASSERT_TRUE(tracer.Find("outer"));
  ASSERT_TRUE(tracer.Find("inner"));
  EXPECT_TRUE(tracer.Find("inner")->IsChildOf(*tracer.Find("outer")));
  EXPECT_EQ(tracer.Find("outer")->parent_span_id, (std::array<std::uint8_t, 8>{}));
  EXPECT_FALSE(tracer.Find("outer")->error);
  EXPECT_FALSE(tracer.Find("other"));
}

TEST(SpanTest, AMovedSpanEndsOnceAndAnOverwrittenOneAtOnce) {
  RecordingTracer tracer;
  Span first = tracer.Start("first", SpanKind::kInternal, {});
  Span second = std::move(first);
  EXPECT_EQ(tracer.Count("first"), 0U);
  EXPECT_TRUE(second.context().IsValid());
  second = tracer.Start("second", SpanKind::kInternal, {});
  EXPECT_EQ(tracer.Count("first"), 1U);
  EXPECT_EQ(tracer.Count("second"), 0U);
  second = Span();
  EXPECT_EQ(tracer.Count("second"), 1U);
  EXPECT_EQ(tracer.entries().size(), 2U);
}

TEST(SpanTest, KeepsABoundedNumberOfAttributesAndCountsTheRest) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < Span::Data::kMaxAttributes + 300; ++i) {
    names.push_back("a" + std::to_string(i));
  }
  auto data = std::make_unique<Span::Data>();
  const Span::Data& inside = *data;
  Span span(std::move(data));
  for (const std::string& name : names) span.Set(name, 1);
  EXPECT_EQ(inside.Attributes().size(), Span::Data::kMaxAttributes);
  EXPECT_EQ(inside.dropped_attributes, 255);
}

TEST(SpanTest, CopiesTextsAsPlainAsciiWithinABound) {
  RecordingTracer tracer;
  {
    std::string value = "G\xc3\xa9t\n";
    Span span = tracer.Start(std::string("short-lived"), SpanKind::kInternal, {});
    span.Set("a", value);
    value.assign(1000, 'x');
    span.Set("b", value);
    span.Set("c", "nothing is left");
  }
  const auto entry = tracer.Find("short-lived");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->Text("a"), "G??t?");
  EXPECT_EQ(entry->Text("b"), std::string(Span::Data::kMaxTextBytes - 11 - 5, 'x'));
  EXPECT_EQ(entry->Text("c"), "");
}

TEST(NullTracerTest, MakesContextsAndNothingElse) {
  NullTracer tracer;
  const Span root = tracer.Start("root", SpanKind::kServer, {});
  EXPECT_TRUE(root.context().IsValid());
  EXPECT_FALSE(root.context().sampled);
  TraceContext remote = TraceContext().Child();
  remote.sampled = true;
  const Span child = tracer.Start("child", SpanKind::kClient, remote);
  EXPECT_EQ(child.context().trace_id, remote.trace_id);
  EXPECT_NE(child.context().span_id, remote.span_id);
  EXPECT_TRUE(child.context().sampled);
}

}  // namespace
}  // namespace vedette
