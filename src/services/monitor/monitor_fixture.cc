// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/monitor_fixture.h"

#include <thread>

#include "model/number_text.h"

namespace vedette::monitor {
namespace {

trial::v1::Item Item(std::string code, trial::v1::ItemType type, std::string unit) {
  trial::v1::Item item;
  item.set_code(std::move(code));
  item.set_name(item.code());
  item.set_type(type);
  item.set_unit(std::move(unit));
  item.set_domain("VS");
  return item;
}

}  // namespace

MonitorTest::MonitorTest()
    : database_(testkit::OpenTestDatabase(GetParam(), runtime_)),
      authorizer_(RoleTable{
          {"staff", {"event.record", "event.read", "alert.read", "alert.act", "alert.silence"}},
          {"doctor", {"alert.read", "alert.act", "alert.medical", "alert.silence"}},
          {"unblinded", {"event.read", "alert.read", "alert.unblinded"}},
          {"reader", {"alert.read", "event.read"}}}) {
  auto systolic = Item("SYSBP", trial::v1::NUMBER, "mmHg");
  systolic.set_plausible_low(30);
  systolic.set_plausible_high(300);
  auto& kilopascal = *systolic.add_accepted_units();
  kilopascal.set_unit("kPa");
  kilopascal.set_factor(7.5);
  trial_.AddItem(systolic);
  trial_.AddItem(Item("NOTE", trial::v1::TEXT, ""));
  Become({"*"});
  StartAgain();
}

MonitorTest::~MonitorTest() {
  runtime_.RunBlocking([this] { return module_->Stop(); });
  module_.reset();
}

MonitorConfig MonitorTest::QuickConfig() {
  MonitorConfig config;
  config.rules_retry = std::chrono::milliseconds(1);
  config.timer_interval = std::chrono::milliseconds(1);
  return config;
}

MonitorDependencies MonitorTest::Dependencies() {
  return {.database = *database_,
          .clock = clock_,
          .authorizer = authorizer_,
          .logger = Logger(),
          .metrics = metrics_,
          .runtime = runtime_,
          .trial = trial_,
          .subject = subject_,
          .rule = rule_,
          .identity = identity_};
}

void MonitorTest::StartAgain(MonitorConfig config) {
  if (module_ != nullptr) {
    runtime_.RunBlocking([this] { return module_->Stop(); });
    module_.reset();
  }
  module_ = std::make_unique<MonitorModule>(Dependencies(), config);
  const auto started = Run<Status>([this] { return module_->Start(); });
  ASSERT_TRUE(started) << started.error().message;
}

void MonitorTest::Eventually(const char* what, const std::function<bool()>& condition) {
  const auto limit = clock_.SteadyNow() + std::chrono::seconds(20);
  while (!condition()) {
    ASSERT_LT(clock_.SteadyNow(), limit) << "never came: " << what;
    std::this_thread::yield();
  }
}

CallContext MonitorTest::Context() const {
  return {.deadline = Deadline::After(clock_, std::chrono::seconds(30)), .principal = caller_};
}

void MonitorTest::Become(std::vector<std::string> sites, std::string role) {
  Principal principal{.subject = "u1", .name = "user"};
  for (std::string& site : sites) {
    for (const char* study : {"S1", "S2"}) principal.grants.push_back({role, study, site});
  }
  caller_ = std::make_shared<const Principal>(std::move(principal));
}

v1::Observation MonitorTest::Systolic(std::string key, double value, std::string subject) {
  v1::Observation event;
  event.set_subject_number(std::move(subject));
  event.set_item("SYSBP");
  event.set_number(value);
  event.set_unit("mmHg");
  event.set_time("2026-03-01T08:30:00+08:00");
  event.set_idempotency_key(std::move(key));
  return event;
}

v1::RecordRequest MonitorTest::Batch(std::vector<v1::Observation> events, std::string study) {
  v1::RecordRequest request;
  request.set_study_id(std::move(study));
  request.set_source("edc");
  for (v1::Observation& event : events) *request.add_events() = std::move(event);
  return request;
}

Result<v1::RecordResponse> MonitorTest::Record(v1::RecordRequest request) {
  return Run<Result<v1::RecordResponse>>([&] { return api().Record(Context(), request); });
}

std::vector<Result<v1::RecordResponse>> MonitorTest::RecordAll(
    std::vector<v1::RecordRequest> requests) {
  return Run<std::vector<Result<v1::RecordResponse>>>([&] {
    std::vector<Task<Result<v1::RecordResponse>>> calls;
    for (v1::RecordRequest& request : requests) {
      calls.push_back(api().Record(Context(), std::move(request)));
    }
    return WhenAll(std::move(calls));
  });
}

Result<v1::ListProjectAlertsResponse> MonitorTest::List(v1::ListProjectAlertsRequest request) {
  return Run<Result<v1::ListProjectAlertsResponse>>(
      [&] { return api().ListProjectAlerts(Context(), request); });
}

std::vector<v1::Alert> MonitorTest::Alerts(std::string study) {
  v1::ListProjectAlertsRequest request;
  request.set_project_id(std::move(study));
  request.set_page_size(1000);
  const auto response = List(request);
  EXPECT_TRUE(response) << response.error().message;
  if (!response) return {};
  return {response->alerts().begin(), response->alerts().end()};
}

v1::AlertSummary MonitorTest::Summary() {
  v1::GetAlertSummaryRequest request;
  request.set_study_id("S1");
  const auto summary =
      Run<Result<v1::AlertSummary>>([&] { return api().GetAlertSummary(Context(), request); });
  EXPECT_TRUE(summary) << summary.error().message;
  return summary.value_or(v1::AlertSummary());
}

v1::Series MonitorTest::Series(std::string subject) {
  v1::GetSeriesRequest request;
  request.set_study_id("S1");
  request.set_subject_id(std::move(subject));
  request.set_item("SYSBP");
  const auto series = Run<Result<v1::Series>>([&] { return api().GetSeries(Context(), request); });
  EXPECT_TRUE(series) << series.error().message;
  return series.value_or(v1::Series());
}

v1::AlertDetail MonitorTest::Detail(const std::string& alert_id) {
  v1::GetAlertRequest request;
  request.set_study_id("S1");
  request.set_alert_id(alert_id);
  const auto detail =
      Run<Result<v1::AlertDetail>>([&] { return api().GetAlert(Context(), request); });
  EXPECT_TRUE(detail) << detail.error().message;
  return detail.value_or(v1::AlertDetail());
}

std::vector<std::string> MonitorTest::Trail(const std::string& alert_id) {
  std::vector<std::string> trail;
  const v1::AlertDetail detail = Detail(alert_id);
  for (const v1::AlertChange& change : detail.history()) trail.push_back(change.change());
  return trail;
}

v1::Observation MonitorTest::Correction(std::string corrects, std::string key, double value) {
  v1::Observation event = Systolic(std::move(key), value);
  event.set_corrects(std::move(corrects));
  return event;
}

v1::Observation MonitorTest::Withdrawal(std::string corrects, std::string key) {
  v1::Observation event = Correction(std::move(corrects), std::move(key), 0);
  event.clear_number();
  event.clear_unit();
  event.set_withdrawn(true);
  return event;
}

rule::v1::RuleVersion MonitorTest::Rule(std::string id, const std::string& fields) {
  rule::v1::RuleVersion version;
  version.set_id(std::move(id));
  version.set_study_id("S1");
  version.set_rule_id("HIGH-" + version.id());
  version.set_version(1);
  version.set_name("Systolic pressure high");
  version.set_severity(rule::v1::WARNING);
  version.set_status("active");
  version.set_content_hash("abc");
  version.set_definition("rule: " + version.rule_id() + "\nversion: 1\nstudy: S1\n" + fields);
  version.set_active_from(ToUnixMicros(clock_.Now()));
  return version;
}

rule::v1::RuleVersion MonitorTest::HighRule(std::string id, double threshold) {
  return Rule(std::move(id), "title: Systolic pressure high\nwhen: vs.SYSBP.value > " +
                                 NumberText(threshold) + ".0" +
                                 "\nseverity: warning\ndedupe: anchor\n"
                                 "explain: \"{vs.SYSBP.value} mmHg is high\"\n");
}

void MonitorTest::AwaitCovered() {
  constexpr db::Sql kUncovered{"test_uncovered",
                               "SELECT covered FROM monitor_rule ORDER BY covered LIMIT 1"};
  Eventually("rules are covered", [&] {
    const auto rows =
        Run<Result<db::Rows>>([&] { return database_->Query(Context().deadline, kUncovered); });
    return rows && !rows->empty() && (*rows)[0].Bool(0);
  });
}

void MonitorTest::Activate(rule::v1::RuleVersion version) {
  const std::string id = version.id();
  rule_.Put(std::move(version));
  constexpr db::Sql kKnown{"test_known", "SELECT covered FROM monitor_rule WHERE version_id = $1"};
  Eventually("the rule is at work", [&] {
    const auto rows = Run<Result<db::Rows>>(
        [&] { return database_->Query(Context().deadline, kKnown, db::Params{id}); });
    return rows && !rows->empty() && (*rows)[0].Bool(0);
  });
}

}  // namespace vedette::monitor
