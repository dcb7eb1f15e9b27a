// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "kit/telemetry/process_status.h"
#include "kit/telemetry/slow_operations.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using testing::HasSubstr;
using testing::Not;

template <class T>
concept Showable = std::constructible_from<StatusCell, T>;
static_assert(Showable<int> && Showable<double> && Showable<bool> && Showable<std::string>);
static_assert(!Showable<Sensitive<std::string>> && !Showable<Sensitive<double>>);

TEST(StatusTest, WritesPairsAndTablesAsJson) {
  StatusRegistry status;
  status.Add("limits", "Limits", [] {
    return StatusPairs{{{"open", 3}, {"share", 0.5}, {"redis \"a\"", true}, {"state", "away"}}};
  });
  status.Add("calls", "Calls", [] {
    return StatusTable{{"route", "count"},
                       {{"/a", 1}, {"/b", std::numeric_limits<double>::quiet_NaN()}}};
  });
  EXPECT_EQ(status.Json(),
            R"({"sections":[{"id":"limits","title":"Limits","entries":{"open":3,"share":0.5,)"
            R"("redis \"a\"":true,"state":"away"}},{"id":"calls","title":"Calls",)"
            R"("columns":["route","count"],"rows":[["/a",1],["/b",null]]}]})");
}

TEST(StatusTest, WritesHtmlInWhichTextIsText) {
  StatusRegistry status;
  status.Add("breakers", "Breakers & more", [] {
    return StatusTable{{"name", "state"},
                       {{"<script>alert('x')</script>", {"open", StatusTone::kBad}}}};
  });
  const std::string page = status.Html("Vedette <0.1>");
  EXPECT_THAT(page, HasSubstr("<title>Vedette &lt;0.1&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("<h2 id=\"breakers\">Breakers &amp; more</h2>"));
  EXPECT_THAT(page, HasSubstr("<td>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"bad\">open</td>"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
}

TEST(StatusTest, NumbersStandBelowEachOtherInTablesAlone) {
  StatusRegistry status;
  status.Add("calls", "Calls", [] {
    return StatusTable{{"address", "took", "state", "by"},
                       {{"10.0.0.1:80", "1.2 ms", "3 of 4", ""}, {"10.0.0.2:80", "", "away", ""}}};
  });
  status.Add("pairs", "Pairs", [] { return StatusPairs{{{"threads", 7}, {"revision", ""}}}; });
  const std::string page = status.Html("t");
  EXPECT_THAT(page, HasSubstr("<th>address</th><th class=\"number\">took</th><th>state</th>"
                              "<th>by</th>"));
  EXPECT_THAT(page, HasSubstr("<td>10.0.0.1:80</td><td class=\"number\">1.2 ms</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"number\">–</td><td>away</td>"));
  EXPECT_THAT(page, HasSubstr("<th>threads</th><td>7</td>"));
  EXPECT_THAT(page, HasSubstr("<th>revision</th><td>–</td>"));
}

TEST(StatusTest, ABrokenSectionLeavesTheOthers) {
  StatusRegistry status;
  status.Add("a", "A", []() -> StatusContent { throw std::runtime_error("internal detail"); });
  status.Add("b", "B", [] { return StatusPairs{{{"x", 1}}}; });
  EXPECT_EQ(status.Json(), R"({"sections":[{"id":"a","title":"A","failed":true},)"
                           R"({"id":"b","title":"B","entries":{"x":1}}]})");
  EXPECT_THAT(status.Html("t"), HasSubstr("cannot be read now"));
  EXPECT_THAT(status.Html("t"), Not(HasSubstr("internal detail")));
}

TEST(StatusTest, RowsAreMadeAsLongAsTheHeadAndTablesAreCut) {
  StatusRegistry status;
  status.Add("a", "A", [] { return StatusTable{{"x", "y"}, {{1}, {1, 2, 3}}}; });
  status.Add("b", "B", [] {
    StatusTable table{{"n"}, {}};
    for (std::size_t i = 0; i < StatusRegistry::kMaxRows + 7; ++i) table.rows.push_back({i});
    return table;
  });
  const std::string json = status.Json();
  EXPECT_THAT(json, HasSubstr(R"("rows":[[1,""],[1,2]])"));
  EXPECT_THAT(json, HasSubstr(R"([499]],"cutRows":7)"));
  EXPECT_THAT(status.Html("t"), HasSubstr("and 7 more"));
}

TEST(StatusTest, TwoSectionsOfOneIdAreADefect) {
  StatusRegistry status;
  status.Add("a", "A", [] { return StatusPairs(); });
  EXPECT_THROW(status.Add("a", "B", [] { return StatusPairs(); }), std::logic_error);
}

TEST(StatusTest, TellsOfTheProcess) {
  FakeClock clock;
  StatusRegistry status;
  AddProcessStatus(status, "1.2.3", {"trial", "monitor"}, clock);
  clock.Advance(std::chrono::seconds(65));
  const std::string json = status.Json();
  EXPECT_THAT(json, HasSubstr(R"("version":"1.2.3")"));
  EXPECT_THAT(json, HasSubstr(R"("roles":"trial, monitor")"));
  EXPECT_THAT(json, HasSubstr(R"("started":"2026-01-01 00:00:00Z",)"
                              R"("seen at":"2026-01-01 00:01:05Z","uptime":"1 min 5 s")"));
  EXPECT_THAT(json, testing::ContainsRegex(R"("threads":[1-9])"));
}

TEST(StatusTest, FormatsForPeople) {
  using namespace std::chrono_literals;
  EXPECT_EQ(FormatDuration(0us), "0 s");
  EXPECT_EQ(FormatDuration(310us), "310 µs");
  EXPECT_EQ(FormatDuration(4ms), "4.0 ms");
  EXPECT_EQ(FormatDuration(4200ms), "4.20 s");
  EXPECT_EQ(FormatDuration(25h + 3min), "1 d 1 h");
  EXPECT_EQ(FormatDuration(3h + 3min), "3 h 3 min");
  EXPECT_EQ(FormatBytes(512), "512 B");
  EXPECT_EQ(FormatBytes(std::numeric_limits<double>::quiet_NaN()), "unknown");
  EXPECT_EQ(FormatBytes(3.4 * 1024 * 1024), "3.4 MiB");
}

TEST(SlowOperationsTest, KeepsTheLatestThatWereSlow) {
  FakeClock clock;
  SlowOperations slow(std::chrono::milliseconds(500), 2, clock);
  const TraceContext trace = TraceContext().Child();
  slow.Note("rpc", "trial.GetStudy", std::chrono::milliseconds(499), trace);
  EXPECT_TRUE(slow.Read().empty());
  slow.Note("rpc", "first", std::chrono::milliseconds(500), trace);
  slow.Note("rpc", "second", std::chrono::seconds(1), {});
  clock.Advance(std::chrono::seconds(1));
  slow.Note("sql", "third", std::chrono::seconds(2), trace);
  const auto entries = slow.Read();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "third");
  EXPECT_EQ(entries[0].ended, FakeClock::kStart + std::chrono::seconds(1));
  EXPECT_EQ(entries[1].name, "second");
  StatusRegistry status;
  status.Add("slow", "Slow operations", [&slow] { return slow.Table(); });
  EXPECT_THAT(status.Json(), HasSubstr(R"(["2026-01-01 00:00:01Z","sql","third","2.00 s",")" +
                                       trace.TraceIdHex()));
  slow.SetThreshold(std::chrono::hours(1));
  slow.Note("rpc", "fourth", std::chrono::seconds(5), trace);
  EXPECT_EQ(slow.Read()[0].name, "third");
}

}  // namespace
}  // namespace vedette
