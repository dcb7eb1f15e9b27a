// SPDX-License-Identifier: Apache-2.0
#include "kit/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace vedette::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct StoreConfig {
  std::string kind = "sqlite";
  std::chrono::milliseconds busy_timeout = std::chrono::seconds(5);

  void Describe(config::Section& section) {
    section.Field("kind", kind, {.text = "Which database.", .choices = {"sqlite", "postgres"}});
    section.Field("busy_timeout", busy_timeout,
                  {.text = "How long to wait for a lock.", .minimum = 1, .maximum = 3'600'000});
  }
};

struct MonitorConfig {
  std::int64_t queue_limit = 10'000;
  double shed_ratio = 0.9;
  bool live = true;
  std::vector<std::string> feeds = {"edc"};
  StoreConfig store;

  void Describe(config::Section& section) {
    section.Field("queue_limit", queue_limit, {.text = "May wait.", .minimum = 1, .maximum = 1e6});
    section.Field("shed_ratio", shed_ratio, {.text = "Ratio.", .minimum = 0, .maximum = 1});
    section.Field("live", live, {.text = "Live feed."});
    section.Field("feeds", feeds, {.text = "Feeds.", .choices = {"edc", "epro", "device"}});
    section.Nested("store", store, "Where events go.");
  }
};

EnvLookup Env(std::map<std::string, std::string, std::less<>> values = {}) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

Status LoadMonitor(std::string_view text,
                   MonitorConfig& monitor,
                   std::vector<std::string> overrides = {},
                   EnvLookup env = Env()) {
  VEDETTE_TRY(Document document, LoadText(text, "vedette.yaml", std::move(env)));
  Loader loader(std::move(document), std::move(overrides));
  loader.Section("monitor", monitor);
  return loader.Finish();
}

std::string ErrorOf(std::string_view text, std::vector<std::string> overrides = {}) {
  MonitorConfig monitor;
  const Status status = LoadMonitor(text, monitor, std::move(overrides));
  return status ? "" : status.error().message;
}

TEST(LoadTest, AnEmptyFileKeepsEveryDefault) {
  for (const std::string_view text : {"", "# nothing\n", "---\n", "monitor:\n"}) {
    MonitorConfig monitor;
    ASSERT_TRUE(LoadMonitor(text, monitor)) << text;
    EXPECT_EQ(monitor.queue_limit, 10'000);
    EXPECT_THAT(monitor.feeds, ElementsAre("edc"));
  }
}

TEST(LoadTest, FillsEveryKindOfField) {
  MonitorConfig monitor;
  const Status status = LoadMonitor(R"(
monitor:
  queue_limit: 5
  shed_ratio: 0.5
  live: false
  feeds: [epro, device]
  store:
    kind: postgres
    busy_timeout: 250ms
)",
                                    monitor);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(monitor.queue_limit, 5);
  EXPECT_EQ(monitor.shed_ratio, 0.5);
  EXPECT_FALSE(monitor.live);
  EXPECT_THAT(monitor.feeds, ElementsAre("epro", "device"));
  EXPECT_EQ(monitor.store.kind, "postgres");
  EXPECT_EQ(monitor.store.busy_timeout, std::chrono::milliseconds(250));
}

TEST(LoadTest, AnUnknownKeyNamesItsPlaceAndTheRightOne) {
  EXPECT_EQ(ErrorOf("monitor:\n  live: true\n  quue_limit: 5\n"),
            "unknown key `quue_limit` at vedette.yaml:3:3 in `monitor`; did you mean "
            "`queue_limit`?");
  EXPECT_EQ(ErrorOf("monitor:\n  store:\n    knd: sqlite\n"),
            "unknown key `knd` at vedette.yaml:3:5 in `monitor.store`; did you mean `kind`?");
  EXPECT_EQ(ErrorOf("montior:\n  live: true\n"),
            "unknown section `montior` at vedette.yaml:1:1; did you mean `monitor`?");
  EXPECT_THAT(ErrorOf("monitor:\n  something_else_entirely: 1\n"), Not(HasSubstr("did you mean")));
}

TEST(LoadTest, AWrongValueNamesWhatIsAllowed) {
  EXPECT_EQ(ErrorOf("monitor:\n  queue_limit: many\n"),
            "`monitor.queue_limit` at vedette.yaml:2:16 must be a whole number between 1 and "
            "1000000, not \"many\"");
  EXPECT_THAT(ErrorOf("monitor: {queue_limit: 0}"), HasSubstr("between 1 and 1000000, not \"0\""));
  EXPECT_THAT(ErrorOf("monitor: {queue_limit: 1000001}"), HasSubstr("between 1 and 1000000"));
  EXPECT_THAT(ErrorOf("monitor: {queue_limit: 1.5}"), HasSubstr("whole number"));
  EXPECT_THAT(ErrorOf("monitor: {queue_limit: 99999999999999999999}"), HasSubstr("whole number"));
  EXPECT_THAT(ErrorOf("monitor: {shed_ratio: .nan}"), HasSubstr("a number between 0 and 1"));
  EXPECT_THAT(ErrorOf("monitor: {live: yes}"), HasSubstr("must be true or false, not \"yes\""));
  EXPECT_THAT(ErrorOf("monitor: {live: }"), HasSubstr("has no value"));
  EXPECT_THAT(ErrorOf("monitor: {live: [true]}"), HasSubstr("not a list"));
  EXPECT_THAT(ErrorOf("monitor: 5"), HasSubstr("must be a section"));
  EXPECT_THAT(ErrorOf("monitor: {store: {busy_timeout: 10}}"),
              HasSubstr("a duration such as 250ms, 10s, 5m or 1h, between 1ms and 1h, not \"10\""));
  EXPECT_THAT(ErrorOf("monitor: {store: {busy_timeout: 2h}}"), HasSubstr("between 1ms and 1h"));
  EXPECT_THAT(ErrorOf("monitor: {store: {busy_timeout: 99999999999999999h}}"),
              HasSubstr("a duration"));
  EXPECT_THAT(ErrorOf("monitor: {store: {kind: postgre}}"),
              HasSubstr("must be one of `sqlite` or `postgres`; did you mean `postgres`?"));
  EXPECT_THAT(ErrorOf("monitor: {feeds: [edc, fax]}"), HasSubstr("`edc`, `epro` or `device`"));
}

TEST(LoadTest, TellsEveryProblemAtOnceInTheOrderOfTheFile) {
  MonitorConfig monitor;
  const Status status = LoadMonitor(R"(monitor:
  store:
    kind: oracle
  queue_limit: -1
  queue_limit: 7
  extra: 1
other: {}
)",
                                    monitor);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kInvalidArgument);
  std::vector<std::string> paths;
  for (const FieldViolation& violation : status.error().violations)
    paths.push_back(violation.field);
  EXPECT_THAT(paths, ElementsAre("monitor.store.kind", "monitor.queue_limit", "queue_limit",
                                 "monitor.extra", "other"));
  EXPECT_THAT(status.error().message, HasSubstr("5 problems"));
  EXPECT_THAT(status.error().message, HasSubstr("`queue_limit` is given twice, first on line 4"));
  EXPECT_EQ(monitor.queue_limit, 10'000) << "a wrong value leaves the default";
}

TEST(LoadTest, SubstitutesEnvironmentVariables) {
  MonitorConfig monitor;
  const Status status =
      LoadMonitor(R"(
monitor:
  queue_limit: ${LIMIT}
  shed_ratio: ${RATIO:0.25}
  feeds: ${FEEDS:edc, epro}
  store: {kind: "${A}gre${B:s}", busy_timeout: "${EMPTY:7}s"}
)",
                  monitor, {}, Env({{"LIMIT", "42"}, {"A", "post"}, {"EMPTY", ""}}));
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(monitor.queue_limit, 42);
  EXPECT_EQ(monitor.shed_ratio, 0.25);
  EXPECT_THAT(monitor.feeds, ElementsAre("edc", "epro"));
  EXPECT_EQ(monitor.store.kind, "postgres");
  EXPECT_EQ(monitor.store.busy_timeout, std::chrono::seconds(7));
}

TEST(LoadTest, AnEnvironmentVariableIsNeverQuotedInAMessage) {
  MonitorConfig monitor;
  const Status status =
      LoadMonitor("monitor: {queue_limit: \"${X}\"}", monitor, {}, Env({{"X", "hunter2"}}));
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(status.error().message, HasSubstr("whole number"));
}

TEST(LoadTest, AMissingVariableIsAnError) {
  EXPECT_THAT(ErrorOf("monitor: {queue_limit: \"${NOPE}\"}"),
              HasSubstr("needs the environment variable NOPE, which is not set"));
  EXPECT_THAT(ErrorOf("monitor: {store: {kind: \"${NOPE\"}}"), HasSubstr("without \"}\""));
  EXPECT_THAT(ErrorOf("monitor: {store: {kind: \"${1X}\"}}"), HasSubstr("${NAME:default}"));
}

TEST(LoadTest, OverridesWinOverTheFile) {
  MonitorConfig monitor;
  const Status status = LoadMonitor("monitor: {queue_limit: 1}", monitor,
                                    {"monitor.queue_limit=2", "monitor.store.kind=postgres",
                                     "monitor.feeds=epro,device", "monitor.queue_limit=3"});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(monitor.queue_limit, 3);
  EXPECT_EQ(monitor.store.kind, "postgres");
  EXPECT_THAT(monitor.feeds, ElementsAre("epro", "device"));
}

TEST(LoadTest, AWrongOverrideSaysSo) {
  EXPECT_EQ(ErrorOf("", {"monitor.quue_limit=2"}),
            "unknown key `quue_limit` given by --set in `monitor`; did you mean `queue_limit`?");
  EXPECT_THAT(ErrorOf("", {"monitor.queue_limit=x"}),
              HasSubstr("`monitor.queue_limit` given by --set must be a whole number"));
  EXPECT_THAT(ErrorOf("", {"monitor.queue_limit"}), HasSubstr("--set takes section.name=value"));
  EXPECT_THAT(ErrorOf("", {"monitor..queue_limit=1"}), HasSubstr("--set takes"));
  EXPECT_THAT(ErrorOf("", {"monitor=1"}), HasSubstr("must be a section"));
}

TEST(LoadTest, AStructMayBeTheWholeDocument) {
  StoreConfig store;
  auto document = LoadText("kind: postgres", "store.yaml", Env());
  ASSERT_TRUE(document);
  ASSERT_TRUE(Load(*std::move(document), store));
  EXPECT_EQ(store.kind, "postgres");
}

}  // namespace
}  // namespace vedette::config
