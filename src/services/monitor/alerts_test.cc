// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "kit/task/task_group.h"
#include "services/monitor/monitor_fixture.h"

namespace vedette::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// One who reads the live feed. `enough` alerts, and it leaves.
class Reader final : public rpc::StreamWriter<v1::Alert> {
 public:
  explicit Reader(std::size_t enough) : enough_(enough) {}

  Task<bool> Write(v1::Alert alert) override {
    if (hold_first && alerts.empty()) co_await released.Wait();
    alerts.push_back(std::move(alert));
    seen = alerts.size();
    co_return alerts.size() < enough_;
  }

  std::vector<std::int64_t> Sequences() const {
    std::vector<std::int64_t> sequences;
    for (const auto& alert : alerts) sequences.push_back(alert.change_sequence());
    return sequences;
  }

  bool hold_first = false;
  Signal released;
  std::vector<v1::Alert> alerts;  // of the task, until it has ended
  std::atomic<std::size_t> seen = 0;
  std::optional<Status> ended;

 private:
  std::size_t enough_;
};

Task<void> WatchInto(v1::MonitorApi* api, CallContext context, std::int64_t after, Reader* reader) {
  context.deadline = Deadline::None();
  v1::WatchProjectAlertsRequest request;
  request.set_project_id("S1");
  request.set_after(after);
  reader->ended = co_await api->WatchProjectAlerts(std::move(context), std::move(request), *reader);
}

class AlertsTest : public MonitorTest {
 protected:
  void Watch(Reader* reader, std::int64_t after) {
    // As the caller of now, whoever the test becomes.
    tasks_.Spawn(runtime_.Next(), "watch", [this, reader, after, context = Context()] {
      return WatchInto(&api(), context, after, reader);
    });
  }
  void Join() {
    runtime_.RunBlocking([&] { return tasks_.Join(); });
  }
  double Subscribers() {
    return metrics_
        .GetGauge("vedette_monitor_feed_subscribers", "Open subscriptions to live alerts.")
        .Value();
  }
  // Each raises one alert.
  void RaiseAlerts(std::string prefix, int count, int at_once = 8) {
    for (int begin = 0; begin < count; begin += at_once) {
      std::vector<v1::RecordRequest> requests;
      for (int i = begin; i < std::min(begin + at_once, count); ++i) {
        requests.push_back(Batch({Systolic(prefix + std::to_string(i), 150)}));
      }
      for (const auto& answer : RecordAll(std::move(requests))) ASSERT_TRUE(answer);
    }
  }

  TaskGroup tasks_{Logger()};
};

TEST_P(AlertsTest, PagesNewestFirstAndFilters) {
  Activate(HighRule("v1", 140));
  Activate(HighRule("v2", 160));
  ASSERT_TRUE(Record(Batch(
      {Systolic("k1", 150, "701-1"), Systolic("k2", 170, "702-1"), Systolic("k3", 151, "701-1")})));
  v1::ListProjectAlertsRequest request;
  request.set_project_id("S1");
  request.set_page_size(3);
  const auto first = *List(request);
  ASSERT_EQ(first.alerts_size(), 3);
  EXPECT_GT(first.alerts(0).sequence(), first.alerts(1).sequence());
  request.set_before(first.next_before());
  const auto second = *List(request);
  EXPECT_EQ(second.alerts_size(), 1);
  EXPECT_EQ(second.next_before(), 0);

  v1::ListProjectAlertsRequest by_rule;
  by_rule.set_project_id("S1");
  by_rule.set_rule_id("HIGH-v2");
  EXPECT_EQ(List(by_rule)->alerts_size(), 1);
  v1::ListProjectAlertsRequest by_site;
  by_site.set_project_id("S1");
  by_site.set_site_id("702");
  EXPECT_EQ(List(by_site)->alerts_size(), 2);
  by_site.set_site_id("70");
  EXPECT_EQ(List(by_site)->alerts_size(), 0);
  EXPECT_THAT(Alerts("S2"), IsEmpty());
}

TEST_P(AlertsTest, ShowTheEvidence) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 152.5)})));
  v1::GetAlertRequest request;
  request.set_study_id("S1");
  request.set_alert_id(Alerts().at(0).alert_id());
  const auto get = [&] {
    return Run<Result<v1::AlertDetail>>([&] { return api().GetAlert(Context(), request); });
  };
  const auto detail = get();
  ASSERT_TRUE(detail) << detail.error().message;
  EXPECT_EQ(detail->alert().rule_name(), "Systolic pressure high");
  EXPECT_EQ(detail->evidence().condition(), "vs.SYSBP.value > 140.0");
  ASSERT_EQ(detail->evidence().observations_size(), 1);
  EXPECT_EQ(detail->evidence().observations(0).number(), 152.5);
  EXPECT_EQ(detail->evidence().observations(0).unit(), "mmHg");
  EXPECT_EQ(detail->evidence().observations(0).version(), 1);
  EXPECT_EQ(detail->evidence().observations(0).event_id(), Series().points(0).event_id());
  EXPECT_GT(detail->evidence().steps_size(), 0);
  EXPECT_EQ(detail->evidence().rule_version_id(), "v1");
  EXPECT_EQ(detail->evidence().rule_content_hash().size(), 64U);
  EXPECT_EQ(detail->evidence().source(), "edc");
  EXPECT_EQ(detail->evidence().event_time(), 1'772'325'000'000'000);
  EXPECT_EQ(detail->evidence().event_id(), Series().points(0).event_id());

  request.set_alert_id("00000000-0000-7000-8000-000000000000");
  EXPECT_EQ(get().error().code, Code::kNotFound);
  request.set_alert_id("nonsense");
  EXPECT_EQ(get().error().code, Code::kInvalidArgument);
}

TEST_P(AlertsTest, EvidenceTellsAValueFromABound) {
  Activate(
      Rule("low", "title: Low\nwhen: vs.SYSBP.value < 100\nseverity: warning\ndedupe: anchor\n"));
  auto below = Systolic("k1", 60);
  below.set_comparator("<");
  ASSERT_TRUE(Record(Batch({below})));
  v1::GetAlertRequest request;
  request.set_study_id("S1");
  request.set_alert_id(Alerts().at(0).alert_id());
  const auto detail =
      Run<Result<v1::AlertDetail>>([&] { return api().GetAlert(Context(), request); });
  ASSERT_TRUE(detail) << detail.error().message;
  ASSERT_EQ(detail->evidence().observations_size(), 1);
  EXPECT_EQ(detail->evidence().observations(0).number(), 60);
  EXPECT_EQ(detail->evidence().observations(0).comparator(), "<");
}

TEST_P(AlertsTest, AllSitesMayBeAskedForByName) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150, "701-1"), Systolic("k2", 150, "702-1")})));
  v1::ListProjectAlertsRequest request;
  request.set_project_id("S1");
  request.set_site_id("*");
  EXPECT_EQ(List(request)->alerts_size(), 2);
  Become({"701"});
  EXPECT_EQ(List(request).error().code, Code::kPermissionDenied);
}

TEST_P(AlertsTest, ShowOnlyTheCallersSites) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150, "701-1"), Systolic("k2", 150, "702-1")})));
  const auto all = Alerts();
  ASSERT_THAT(all, SizeIs(2));
  Become({"701"});
  const auto own = Alerts();
  ASSERT_THAT(own, SizeIs(1));
  EXPECT_EQ(own[0].site_id(), "701");
  const auto summary = Summary();
  EXPECT_EQ(summary.alerts(), 1);
  EXPECT_EQ(summary.events(), 1);
  ASSERT_EQ(summary.by_site_size(), 1);
  EXPECT_EQ(summary.by_site(0).key(), "701");

  v1::ListProjectAlertsRequest foreign;
  foreign.set_project_id("S1");
  foreign.set_site_id("702");
  EXPECT_EQ(List(foreign).error().code, Code::kPermissionDenied);
  v1::GetAlertRequest get;
  get.set_study_id("S1");
  get.set_alert_id(all[0].site_id() == "702" ? all[0].alert_id() : all[1].alert_id());
  EXPECT_EQ(
      Run<Result<v1::AlertDetail>>([&] { return api().GetAlert(Context(), get); }).error().code,
      Code::kPermissionDenied);
  v1::GetSeriesRequest series;
  series.set_study_id("S1");
  series.set_subject_id("id-702-1");
  series.set_item("SYSBP");
  EXPECT_EQ(
      Run<Result<v1::Series>>([&] { return api().GetSeries(Context(), series); }).error().code,
      Code::kPermissionDenied);
  series.set_subject_id("nobody");
  EXPECT_EQ(
      Run<Result<v1::Series>>([&] { return api().GetSeries(Context(), series); }).error().code,
      Code::kNotFound);
}

TEST_P(AlertsTest, AreCountedByRuleAndSite) {
  Activate(HighRule("v1", 140));
  Activate(HighRule("v2", 160));
  ASSERT_TRUE(Record(Batch({Systolic("k1", 170, "701-1"), Systolic("k2", 150, "701-2"),
                            Systolic("k3", 150, "702-1"), Systolic("k4", 151, "702-1"),
                            Systolic("k5", 120, "702-2")})));
  const auto summary = Summary();
  EXPECT_EQ(summary.events(), 5);
  EXPECT_EQ(summary.alerts(), 5);
  EXPECT_EQ(summary.subjects(), 3);
  ASSERT_EQ(summary.by_rule_size(), 2);
  EXPECT_EQ(summary.by_rule(0).key(), "HIGH-v1");
  EXPECT_EQ(summary.by_rule(0).alerts(), 4);
  EXPECT_EQ(summary.by_rule(0).subjects(), 3);
  EXPECT_EQ(summary.by_rule(1).alerts(), 1);
  ASSERT_EQ(summary.by_site_size(), 2);
  EXPECT_EQ(summary.by_site(1).key(), "702");
  EXPECT_EQ(summary.by_site(1).subjects(), 1);
}

TEST_P(AlertsTest, FailAsAWholeWhenANameCannotBeHad) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  v1::ListProjectAlertsRequest request;
  request.set_project_id("S1");
  rule_.away = true;
  EXPECT_EQ(List(request).error().code, Code::kUnavailable);
  rule_.away = false;
  EXPECT_TRUE(List(request));
  subject_.away = true;
  EXPECT_EQ(List(request).error().code, Code::kUnavailable);
  subject_.away = false;
  // A rule's name never changes and is remembered.
  rule_.away = true;
  EXPECT_TRUE(List(request));
}

TEST_P(AlertsTest, AFollowerSeesEveryAlertOnceInOrder) {
  Activate(HighRule());
  RaiseAlerts("old", 5);
  Reader live(100);
  Reader replaying(104);
  Watch(&live, 0);
  Watch(&replaying, Alerts().back().change_sequence());
  Eventually("both subscribed", [&] { return Subscribers() == 2; });
  RaiseAlerts("new", 100, 25);
  Join();
  EXPECT_EQ(live.ended, Status{});
  std::vector<std::int64_t> expected;
  for (const auto& alert : Alerts()) expected.insert(expected.begin(), alert.change_sequence());
  ASSERT_THAT(expected, SizeIs(105));
  EXPECT_EQ(replaying.Sequences(), std::vector<std::int64_t>(expected.begin() + 1, expected.end()));
  EXPECT_EQ(live.Sequences(), std::vector<std::int64_t>(expected.begin() + 5, expected.end()));
  EXPECT_EQ(live.alerts[0].subject_name(), "Z*");
  EXPECT_EQ(live.alerts[0].rule_name(), "Systolic pressure high");
  EXPECT_EQ(Subscribers(), 0);
}

TEST_P(AlertsTest, ASlowFollowerLosesNothing) {
  MonitorConfig config = QuickConfig();
  config.live_alerts_kept = 4;
  StartAgain(config);
  Activate(HighRule());
  Reader slow(60);
  slow.hold_first = true;
  Watch(&slow, 0);
  Eventually("it subscribed", [&] { return Subscribers() == 1; });
  RaiseAlerts("k", 60);
  slow.released.Set();
  Join();
  std::vector<std::int64_t> expected;
  for (const auto& alert : Alerts()) expected.insert(expected.begin(), alert.change_sequence());
  EXPECT_EQ(slow.Sequences(), expected);
}

// Such a position is of a log that was since restored from a backup.
TEST_P(AlertsTest, AFollowerAheadOfTheLogMissesNothingNew) {
  Activate(HighRule());
  RaiseAlerts("old", 2);
  Reader reader(1);
  Watch(&reader, 1'000'000);
  Eventually("it subscribed", [&] { return Subscribers() == 1; });
  RaiseAlerts("new", 2, 1);
  Eventually("it heard of the new one", [&] { return reader.seen == 1; });
  Join();
}

TEST_P(AlertsTest, AFollowerSeesOnlyItsSites) {
  Activate(HighRule());
  Become({"702"});
  Reader reader(2);
  Watch(&reader, 0);
  Eventually("it subscribed", [&] { return Subscribers() == 1; });
  Become({"*"});
  ASSERT_TRUE(Record(Batch(
      {Systolic("k1", 150, "702-1"), Systolic("k2", 150, "701-1"), Systolic("k3", 150, "702-2")})));
  Join();
  ASSERT_THAT(reader.alerts, SizeIs(2));
  for (const auto& alert : reader.alerts) EXPECT_EQ(alert.site_id(), "702");
}

TEST_P(AlertsTest, AFollowersTokenEndsTheStream) {
  Principal principal = *caller_;
  principal.expires_at = clock_.Now() + std::chrono::milliseconds(50);
  caller_ = std::make_shared<const Principal>(principal);
  Reader reader(1);
  Watch(&reader, 0);
  Join();
  ASSERT_TRUE(reader.ended);
  ASSERT_FALSE(*reader.ended);
  EXPECT_EQ(reader.ended->error().code, Code::kUnauthenticated);
}

TEST_P(AlertsTest, AFollowerThatIsCancelledLeavesNothingBehind) {
  Reader reader(1);
  Watch(&reader, 0);
  Eventually("it subscribed", [&] { return Subscribers() == 1; });
  tasks_.Cancel();
  Join();
  EXPECT_EQ(Subscribers(), 0);
}

TEST_P(AlertsTest, StoppingEndsFollowers) {
  Reader reader(1);
  Watch(&reader, 0);
  Eventually("it subscribed", [&] { return Subscribers() == 1; });
  runtime_.RunBlocking([&] { return module_->Stop(); });
  Join();
  ASSERT_TRUE(reader.ended.has_value());
  EXPECT_EQ(reader.ended->error().code, Code::kUnavailable);
  EXPECT_FALSE(module_->Ready());
}

VEDETTE_ON_BOTH_DATABASES(AlertsTest);

}  // namespace
}  // namespace vedette::monitor
