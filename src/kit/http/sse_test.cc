// SPDX-License-Identifier: Apache-2.0
#include "kit/http/sse.h"

#include <gtest/gtest.h>

namespace vedette::http {
namespace {

TEST(SseTest, FormatsOneEvent) {
  EXPECT_EQ(FormatServerSentEvent("alert", "{}", "7"), "id: 7\nevent: alert\ndata: {}\n\n");
  EXPECT_EQ(FormatServerSentEvent("", ""), "data: \n\n");
}

TEST(SseTest, EveryKindOfLineEndStartsADataLine) {
  EXPECT_EQ(FormatServerSentEvent("", "a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
}

TEST(SseTest, ALineEndInANameCannotStartAField) {
  EXPECT_EQ(FormatServerSentEvent("a\ndata: x", "y"), "event: adata: x\ndata: y\n\n");
}

TEST(SseTest, ParserGivesBackWhatWasFormattedHoweverItIsCut) {
  const std::string text = ": comment\n\n" + FormatServerSentEvent("alert", "a\nb", "7") +
                           FormatServerSentEvent("", "c") + "retry: 5\ndata:d\r\n\r\nid: 9\n\n";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    ServerSentEventParser parser;
    std::vector<ServerSentEvent> events;
    for (std::size_t at = 0; at < text.size(); at += step) {
      parser.Feed(std::string_view(text).substr(at, step));
      while (auto event = parser.Next()) events.push_back(*event);
    }
    ASSERT_EQ(events.size(), 3U) << step;
    EXPECT_EQ(events[0].event, "alert");
    EXPECT_EQ(events[0].data, "a\nb");
    EXPECT_EQ(events[0].id, "7");
    EXPECT_EQ(events[1].event, "message");
    EXPECT_EQ(events[1].data, "c");
    EXPECT_EQ(events[2].data, "d");
    EXPECT_EQ(events[2].id, "7");
  }
}

}  // namespace
}  // namespace vedette::http
