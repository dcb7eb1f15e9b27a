// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "services/monitor/monitor_fixture.h"

namespace vedette::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DeskTest : public MonitorTest {
 protected:
  Result<v1::Alert> Act(v1::ActOnAlertRequest request) {
    request.set_study_id("S1");
    if (request.alert_id().empty()) request.set_alert_id(Alerts().at(0).alert_id());
    return Run<Result<v1::Alert>>([&] { return api().ActOnAlert(Context(), request); });
  }
  Result<v1::Alert> Act(std::string action, std::string text = "") {
    v1::ActOnAlertRequest request;
    request.set_action(std::move(action));
    request.set_text(std::move(text));
    return Act(request);
  }
  static v1::ActOnAlertRequest Closing(std::string as, std::string password = "") {
    v1::ActOnAlertRequest request;
    request.set_action("close");
    request.set_close_as(std::move(as));
    request.set_text("seen");
    request.set_password(std::move(password));
    return request;
  }
  rule::v1::RuleVersion CriticalRule() {
    return Rule("crit",
                "title: Crisis\nwhen: vs.SYSBP.value > 180.0\nseverity: critical\n"
                "dedupe: anchor\n");
  }
  Result<v1::Silence> SilenceRule(std::string rule, std::chrono::hours time, std::string password) {
    v1::CreateSilenceRequest request;
    request.set_study_id("S1");
    request.set_rule_id(std::move(rule));
    request.set_until(ToUnixMicros(clock_.Now() + time));
    request.set_reason("data cut");
    request.set_password(std::move(password));
    return Run<Result<v1::Silence>>([&] { return api().CreateSilence(Context(), request); });
  }
};

TEST_P(DeskTest, PeopleMoveTheWorkflowAndTheTrailKeepsIt) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  ASSERT_TRUE(Act("acknowledge"));
  const auto reviewed = Act("start_review");
  ASSERT_TRUE(reviewed) << reviewed.error().message;
  EXPECT_EQ(reviewed->workflow(), "in_review");
  EXPECT_EQ(reviewed->change(), "start_review");
  const auto refused = Act("answer_query", "x");
  EXPECT_EQ(refused.error().code, Code::kFailedPrecondition);
  ASSERT_TRUE(Act(Closing("false_positive")));

  const auto alert = Alerts().at(0);
  EXPECT_EQ(alert.workflow(), "closed");
  EXPECT_EQ(alert.closed_as(), "false_positive");
  EXPECT_EQ(alert.detection(), "firing");
  EXPECT_EQ(Summary().open(), 0);
  const auto detail = Detail(alert.alert_id());
  ASSERT_EQ(detail.history_size(), 4);
  EXPECT_EQ(detail.history(0).by(), "");
  EXPECT_EQ(detail.history(3).by(), "user");
  EXPECT_EQ(detail.history(3).reason(), "false_positive");
  EXPECT_EQ(detail.history(3).text(), "seen");
  EXPECT_EQ(detail.history(3).signed_by(), "");

  v1::ListProjectAlertsRequest open;
  open.set_project_id("S1");
  open.set_workflow("open");
  EXPECT_EQ(List(open)->alerts_size(), 0);
  open.set_workflow("closed");
  EXPECT_EQ(List(open)->alerts_size(), 1);
}

TEST_P(DeskTest, AReviewIsNotClosedByTheEngine) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  ASSERT_TRUE(Act("acknowledge"));
  ASSERT_TRUE(Act("start_review"));
  ASSERT_EQ(Record(Batch({Correction("k1", "k2", 120)}))->alerts_retracted(), 1);
  auto alert = Alerts().at(0);
  EXPECT_EQ(alert.detection(), "retracted");
  EXPECT_EQ(alert.workflow(), "in_review");
  EXPECT_TRUE(alert.condition_no_longer_met());
  ASSERT_TRUE(Act(Closing("data_error")));
  alert = Alerts().at(0);
  EXPECT_FALSE(alert.condition_no_longer_met());
  // What was closed and comes back is new to everybody.
  ASSERT_TRUE(Record(Batch({Correction("k2", "k3", 160)})));
  alert = Alerts().at(0);
  EXPECT_EQ(alert.detection(), "firing");
  EXPECT_EQ(alert.workflow(), "new");
  EXPECT_EQ(alert.closed_as(), "");
}

TEST_P(DeskTest, WhoSawAnOlderStateIsTold) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  const auto seen = Alerts().at(0).change_sequence();
  v1::ActOnAlertRequest request;
  request.set_action("acknowledge");
  request.set_seen(seen);
  ASSERT_TRUE(Act(request));
  request.set_action("start_review");
  EXPECT_EQ(Act(request).error().code, Code::kConflict);
  request.set_seen(Alerts().at(0).change_sequence());
  EXPECT_TRUE(Act(request));
}

TEST_P(DeskTest, ACriticalAlertIsClosedByAPhysicianWhoSigns) {
  Activate(CriticalRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 190)})));
  const auto id = Alerts().at(0).alert_id();
  EXPECT_EQ(Act(Closing("confirmed", "secret")).error().code, Code::kPermissionDenied);
  EXPECT_EQ(Act(Closing("data_error")).error().violations.at(0).field, "password");
  Become({"*"}, "doctor");
  EXPECT_EQ(Act(Closing("confirmed", "guess")).error().code, Code::kUnauthenticated);
  EXPECT_EQ(Alerts().at(0).workflow(), "new");
  const auto closed = Act(Closing("confirmed", "secret"));
  ASSERT_TRUE(closed) << closed.error().message;
  EXPECT_EQ(closed->workflow(), "closed");
  const auto detail = Detail(id);
  EXPECT_EQ(detail.history(1).signed_by(), "Dr. user");
  EXPECT_EQ(detail.history(1).signature_meaning(), "closed as confirmed");
}

TEST_P(DeskTest, OnlyOnTheCallersSites) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150, "702-1")})));
  const auto id = Alerts().at(0).alert_id();
  v1::ActOnAlertRequest request;
  request.set_alert_id(id);
  request.set_action("acknowledge");
  Become({"701"});
  EXPECT_EQ(Act(request).error().code, Code::kPermissionDenied);
  Become({"*"}, "reader");
  EXPECT_EQ(Act(request).error().code, Code::kPermissionDenied);
}

TEST_P(DeskTest, AlertsThatTellTheTreatmentAreForWhoIsUnblinded) {
  trial::v1::Item level;
  level.set_code("DRUG");
  level.set_domain("LB");
  level.set_type(trial::v1::NUMBER);
  level.set_unblinding(true);
  trial_.AddItem(level);
  Activate(Rule("drug",
                "title: Level\nwhen: lab.DRUG.value > 1.0\nseverity: warning\ndedupe: anchor\n"));
  auto event = Systolic("k1", 2);
  event.set_item("DRUG");
  event.clear_unit();
  Eventually("the item is known", [&] { return Record(Batch({event})).has_value(); });
  auto tried = event;
  tried.set_idempotency_key("k2");
  auto dry_run = Batch({tried});
  dry_run.set_dry_run(true);
  EXPECT_EQ(Record(dry_run)->alerts_raised(), 0);
  EXPECT_THAT(Alerts(), IsEmpty());
  EXPECT_EQ(Summary().alerts(), 0);
  Become({"*"}, "unblinded");
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(Summary().alerts(), 1);
  Become({"*"});
  v1::ActOnAlertRequest request;
  request.set_alert_id(alerts[0].alert_id());
  request.set_action("acknowledge");
  EXPECT_EQ(Act(request).error().code, Code::kNotFound);
  // Nor does the series itself tell it.
  v1::GetSeriesRequest series;
  series.set_study_id("S1");
  series.set_subject_id("id-701-1");
  series.set_item("DRUG");
  const auto get = [&] {
    return Run<Result<v1::Series>>([&] { return api().GetSeries(Context(), series); });
  };
  EXPECT_EQ(get().error().code, Code::kPermissionDenied);
  Become({"*"}, "unblinded");
  ASSERT_TRUE(get());
  EXPECT_EQ(get()->points_size(), 1);
}

TEST_P(DeskTest, SilencesHoldBackWhatIsNotCritical) {
  Activate(HighRule());
  Activate(CriticalRule());
  EXPECT_EQ(
      SilenceRule("HIGH-crit", std::chrono::hours(1), "secret").error().violations.at(0).field,
      "ruleId");
  EXPECT_EQ(SilenceRule("HIGH-v1", std::chrono::hours(1), "guess").error().code,
            Code::kUnauthenticated);
  EXPECT_EQ(SilenceRule("HIGH-v1", std::chrono::hours(24 * 31), "secret").error().code,
            Code::kInvalidArgument);
  const auto silence = SilenceRule("", std::chrono::hours(1), "secret");
  ASSERT_TRUE(silence) << silence.error().message;
  ASSERT_TRUE(Record(Batch({Systolic("k1", 190)})));
  for (const auto& alert : Alerts()) {
    EXPECT_EQ(alert.silenced_until(),
              alert.severity() == rule::v1::CRITICAL ? 0 : silence->until());
  }
  v1::EndSilenceRequest end;
  end.set_study_id("S1");
  end.set_silence_id(silence->id());
  const auto ended = Run<Result<v1::Silence>>([&] { return api().EndSilence(Context(), end); });
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_GT(ended->ended_at(), 0);
  for (const auto& alert : Alerts()) EXPECT_EQ(alert.silenced_until(), 0);
  v1::ListSilencesRequest list;
  list.set_study_id("S1");
  EXPECT_EQ(Run<Result<v1::ListSilencesResponse>>([&] {
              return api().ListSilences(Context(), list);
            })->silences_size(),
            1);
}

TEST_P(DeskTest, ASilenceOfAllSitesIsForWhoHasThem) {
  Activate(HighRule());
  Become({"701"});
  EXPECT_EQ(SilenceRule("HIGH-v1", std::chrono::hours(1), "secret").error().code,
            Code::kPermissionDenied);
}

TEST_P(DeskTest, SilencesOfOtherSitesAreNotListed) {
  const auto silence = [&](std::string site, std::string subject) {
    v1::CreateSilenceRequest request;
    request.set_study_id("S1");
    request.set_site_id(std::move(site));
    request.set_subject_number(std::move(subject));
    request.set_until(ToUnixMicros(clock_.Now() + std::chrono::hours(1)));
    request.set_reason("data cut");
    request.set_password("secret");
    return Run<Result<v1::Silence>>([&] { return api().CreateSilence(Context(), request); });
  };
  ASSERT_TRUE(silence("", ""));
  ASSERT_TRUE(silence("", "702-1"));
  ASSERT_TRUE(silence("701", ""));
  ASSERT_TRUE(silence("702", "702-1"));
  const auto listed = [&] {
    v1::ListSilencesRequest list;
    list.set_study_id("S1");
    std::vector<std::string> places;
    const auto answer =
        Run<Result<v1::ListSilencesResponse>>([&] { return api().ListSilences(Context(), list); });
    for (const auto& one : answer->silences()) {
      places.push_back(one.site_id() + "/" + one.subject_number());
    }
    return places;
  };
  EXPECT_THAT(listed(), SizeIs(4));
  Become({"701"}, "reader");
  EXPECT_THAT(listed(), ::testing::UnorderedElementsAre("/", "701/"));
}

TEST_P(DeskTest, AGraverAlertInhibitsALesserOfTheSameItem) {
  Activate(HighRule());
  Activate(CriticalRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 190), Systolic("k2", 150, "701-2")})));
  std::string critical;
  for (const auto& alert : Alerts()) {
    if (alert.severity() == rule::v1::CRITICAL) critical = alert.alert_id();
  }
  for (const auto& alert : Alerts()) {
    const bool lesser = alert.severity() == rule::v1::WARNING && alert.subject_number() == "701-1";
    EXPECT_EQ(alert.inhibited_by(), lesser ? critical : "");
  }
}

VEDETTE_ON_BOTH_DATABASES(DeskTest);

}  // namespace
}  // namespace vedette::monitor
