// SPDX-License-Identifier: Apache-2.0
// From an observation to an alert, through every layer, in each shape of the system.
#include <gtest/gtest.h>

#include "kit/http/client.h"
#include "system/study.h"
#include "system/system.h"

namespace vedette::system_test {
namespace {

class AlertPathTest : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    system_.Start();
    token_ = system_.Token();
    SetUpStudy(system_, token_);
  }

  RestAnswer Get(const std::string& target) { return system_.Rest("GET", target, {}, token_); }
  RestAnswer Record(const std::string& body) { return system_.Rest("POST", kEvents, body, token_); }

  System system_{GetParam()};
  std::string token_;
};

TEST_P(AlertPathTest, AValueOverTheThresholdRaisesOneAlertWithItsEvidence) {
  const RestAnswer low = Record(Reading("701-001", 120, "k1"));
  ASSERT_EQ(low.status, 200) << low.body;
  EXPECT_EQ(JsonAt(low.body, "/alertsRaised"), "0");
  const RestAnswer high = Record(Reading("701-001", 152, "k2"));
  ASSERT_EQ(high.status, 200) << high.body;
  EXPECT_EQ(JsonAt(high.body, "/recorded"), "1");
  EXPECT_EQ(JsonAt(high.body, "/alertsRaised"), "1");

  const RestAnswer alerts = Get(kAlerts);
  ASSERT_EQ(alerts.status, 200) << alerts.body;
  ASSERT_EQ(JsonSize(alerts.body, "/alerts"), 1U);
  EXPECT_EQ(JsonAt(alerts.body, "/alerts/0/ruleName"), "High pressure");
  EXPECT_EQ(JsonAt(alerts.body, "/alerts/0/message"),
            "Systolic pressure 152 mmHg is above 140 mmHg");
  EXPECT_EQ(JsonAt(alerts.body, "/alerts/0/subjectNumber"), "701-001");
  EXPECT_FALSE(JsonAt(alerts.body, "/alerts/0/patientId").empty());
  EXPECT_GT(std::stoll(JsonAt(alerts.body, "/alerts/0/timestamp")), 1'700'000'000);

  const RestAnswer detail =
      Get("/api/v1/studies/S1/alerts/" + JsonAt(alerts.body, "/alerts/0/alertId"));
  ASSERT_EQ(detail.status, 200) << detail.body;
  EXPECT_EQ(JsonAt(detail.body, "/evidence/condition"), "vs.SYSBP.value > 140.0");
  EXPECT_EQ(std::stod(JsonAt(detail.body, "/evidence/observations/0/number")), 152) << detail.body;
  EXPECT_EQ(JsonAt(detail.body, "/history/0/change"), "raised");

  const RestAnswer series = Get("/api/v1/studies/S1/subjects/" +
                                JsonAt(alerts.body, "/alerts/0/patientId") + "/series/SYSBP");
  ASSERT_EQ(series.status, 200) << series.body;
  EXPECT_EQ(JsonSize(series.body, "/points"), 2U);
  EXPECT_EQ(JsonSize(series.body, "/thresholds"), 1U);
}

TEST_P(AlertPathTest, AConvertedUnitIsComparedInTheItemsUnit) {
  const RestAnswer answer = Record(Reading("701-001", 20, "k1", "kPa"));  // 150.01 mmHg
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(JsonAt(answer.body, "/alertsRaised"), "1");
}

TEST_P(AlertPathTest, SendingAgainChangesNothingAndOtherContentIsAConflict) {
  ASSERT_EQ(Record(Reading("701-001", 152, "k1")).status, 200);
  const RestAnswer again = Record(Reading("701-001", 152, "k1"));
  ASSERT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(JsonAt(again.body, "/recorded"), "0");
  EXPECT_EQ(JsonAt(again.body, "/duplicates"), "1");
  const RestAnswer other = Record(Reading("701-001", 160, "k1"));
  EXPECT_EQ(other.status, 409) << other.body;
  EXPECT_EQ(JsonAt(Get(kSummary).body, "/alerts"), "1");
  EXPECT_EQ(JsonAt(Get(kSummary).body, "/events"), "1");
}

Task<Result<std::string>> NextAlert(http::ClientConnection* connection) {
  while (true) {
    VEDETTE_CO_TRY(const std::optional<http::ServerSentEvent> event,
                   co_await connection->NextEvent(std::chrono::steady_clock::now() +
                                                  std::chrono::seconds(30)));
    if (!event) co_return Fail(Code::kUnavailable, "the stream ended");
    if (event->event == "alert") co_return event->data;
  }
}

Task<Result<http::ClientConnection>> OpenFeed(std::uint16_t port,
                                              std::string token,
                                              std::string query) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  VEDETTE_CO_TRY(http::ClientConnection connection,
                 co_await http::ClientConnection::Connect({"127.0.0.1", port}, deadline));
  http::ClientRequest request;
  request.target = std::string(kAlerts) + "/stream" + query;
  request.headers.Set("Authorization", "Bearer " + token);
  VEDETTE_CO_TRY(const http::ClientResponse head,
                 co_await connection.Open(std::move(request), deadline));
  if (head.status != 200) co_return Fail(Code::kInternal, "status " + std::to_string(head.status));
  co_return connection;
}

TEST_P(AlertPathTest, TheLiveFeedBringsTheAlertAndWhatWasMissed) {
  auto feed = Await<Result<http::ClientConnection>>(
      system_.runtime(), [&] { return OpenFeed(system_.http_port(), token_, {}); });
  ASSERT_TRUE(feed) << feed.error().message;
  ASSERT_EQ(Record(Reading("701-001", 171, "k1")).status, 200);
  const auto alert =
      Await<Result<std::string>>(system_.runtime(), [&] { return NextAlert(&*feed); });
  ASSERT_TRUE(alert) << alert.error().message;
  EXPECT_EQ(JsonAt(*alert, "/message"), "Systolic pressure 171 mmHg is above 140 mmHg");
  feed->Close();

  // A pause, then the cursor of the last alert seen.
  ASSERT_EQ(Record(Reading("701-001", 172, "k2")).status, 200);
  feed = Await<Result<http::ClientConnection>>(system_.runtime(), [&] {
    return OpenFeed(system_.http_port(), token_, "?after=" + JsonAt(*alert, "/sequence"));
  });
  ASSERT_TRUE(feed) << feed.error().message;
  const auto missed =
      Await<Result<std::string>>(system_.runtime(), [&] { return NextAlert(&*feed); });
  ASSERT_TRUE(missed) << missed.error().message;
  EXPECT_EQ(JsonAt(*missed, "/message"), "Systolic pressure 172 mmHg is above 140 mmHg");
}

TEST_P(AlertPathTest, SigtermStopsCleanly) { EXPECT_EQ(system_.Stop(), 0) << system_.Logs(); }

TEST_P(AlertPathTest, EverythingIsThereAfterARestart) {
  ASSERT_EQ(Record(Reading("701-001", 152, "k1")).status, 200);
  ASSERT_EQ(system_.Stop(), 0);
  system_.Start();
  EXPECT_EQ(JsonSize(Get(kAlerts).body, "/alerts"), 1U);
  const RestAnswer more = Record(Reading("701-001", 153, "k2"));
  EXPECT_EQ(JsonAt(more.body, "/alertsRaised"), "1") << more.body;
}

TEST_P(AlertPathTest, OperatorsSeeHealthMetricsAndTheContract) {
  ASSERT_EQ(Record(Reading("701-001", 152, "k1")).status, 200);
  EXPECT_EQ(system_.Rest("GET", "/healthz").status, 200);
  const std::string metrics = system_.Rest("GET", "/metrics").body;
  EXPECT_NE(metrics.find("vedette_http_requests_total"), std::string::npos);
  const RestAnswer openapi = system_.Rest("GET", "/api/openapi.json");
  EXPECT_EQ(JsonAt(openapi.body, "/openapi").substr(0, 3), "3.1");
}

TEST_P(AlertPathTest, NoPersonalOrClinicalValueReachesALogOrAMetric) {
  const RestAnswer created = system_.Rest(
      "POST", "/api/v1/subjects",
      R"({"name":"Canary Finch","age":44,"projectId":"S1","siteId":"701","mobile":"13912345678"})",
      token_);
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.body.find("Finch"), std::string::npos) << created.body;
  const std::string number = JsonAt(created.body, "/subjectNumber");
  ASSERT_EQ(Record(Reading(number, 167.7351, "k1")).status, 200);
  EXPECT_EQ(Record(Reading(number, 1167.7351, "k2")).status, 400);
  const RestAnswer alerts = Get(kAlerts);
  EXPECT_NE(alerts.body.find("167.7351"), std::string::npos) << "the reader must see it";
  EXPECT_EQ(Get("/api/v1/patient/info/" + JsonAt(created.body, "/id")).status, 200);
  const std::string told = system_.Logs() + system_.Rest("GET", "/metrics").body;
  for (const char* canary : {"Canary", "Finch", "13912345678", "167.7351", kInvestigatorPassword}) {
    EXPECT_EQ(told.find(canary), std::string::npos) << canary;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         AlertPathTest,
                         testing::Values(Shape::kSingleSqlite, Shape::kSplitPostgres),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace vedette::system_test
