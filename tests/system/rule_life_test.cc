// SPDX-License-Identifier: Apache-2.0
// Rules over real processes: the life of a version, and how alerts follow what is currently known.
#include "system/rule_life.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "base/clock.h"
#include "kit/testing/eventually.h"
#include "model/study_time.h"
#include "system/study.h"
#include "system/system.h"

namespace vedette::system_test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testkit::Eventually;

constexpr char kRules[] = "/api/v1/studies/S1/rules";
constexpr char kMonitorPassword[] = "a medical monitor of S1";

// The text of a JSON string.
std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string Envelope(const std::string& rule_id, const std::string& text) {
  return R"({"ruleId":")" + rule_id + R"(","envelope":)" + Quoted(text) + "}";
}

// An episode from 160 on, which a value below 150 ends.
std::string Episode(const std::string& threshold = "160.0") {
  return Envelope("EPISODE",
                  "rule: EPISODE\ntitle: High episode\nwhen: vs.SYSBP.value >= " + threshold +
                      "\nresolve_when: vs.SYSBP.value < 150.0\nseverity: critical\n"
                      "tests:\n"
                      "  - given: [[vs.SYSBP, D1, 190], [vs.SYSBP, D2, 140]]\n"
                      "    expect: [{at: D1, state: firing}, {at: D2, state: resolved}]\n"
                      "  - given: [[vs.SYSBP, D1, 120]]\n"
                      "    expect: [{state: inactive}]\n");
}

class RulesTest : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    system_.Start();
    admin_ = system_.Token();
    SetUpStudy(system_, admin_);
    Must("POST", "/api/v1/studies/S1/rules/HIGH:retire", "{}");
    const std::string user =
        Must("POST", "/api/v1/identity/users",
             std::string(R"({"username":"monitor","displayName":"Mona Tor","password":")") +
                 kMonitorPassword + "\"}");
    Must("POST", "/api/v1/identity/users/" + JsonAt(user, "/id") + "/roles",
         R"({"grant":{"role":"medical_monitor","studyId":"S1","siteId":"*"}})");
    monitor_ = system_.Token("monitor", kMonitorPassword);
  }

  RestAnswer Call(const std::string& method,
                  const std::string& path,
                  const std::string& body = {},
                  const std::string& token = {}) {
    return system_.Rest(method, path, body, token.empty() ? admin_ : token);
  }
  std::string Must(const std::string& method,
                   const std::string& path,
                   const std::string& body = {},
                   const std::string& token = {}) {
    const RestAnswer answer = Call(method, path, body, token);
    if (answer.status / 100 != 2) throw std::runtime_error(path + " " + answer.body);
    return answer.body;
  }

  // One reading, `before_now` ago; `more`: further fields of the observation.
  std::string Record(const std::string& item,
                     seconds before_now,
                     const std::string& value,
                     const std::string& key,
                     const std::string& more = {}) {
    const StudyTime time{start_ - before_now, 0, TimePrecision::kSecond};
    return Must("POST", kEvents,
                R"({"source":"test","events":[{"subjectNumber":"701-001","item":")" + item + "\"," +
                    value + R"(,"time":")" + FormatStudyTime(time) + R"(","idempotencyKey":")" +
                    key + "\"" + more + "}]}");
  }
  std::string Pressure(seconds before_now,
                       double value,
                       const std::string& key,
                       const std::string& corrects = {}) {
    return Record("SYSBP", before_now, R"("unit":"mmHg","number":)" + std::to_string(value), key,
                  corrects.empty() ? "" : R"(,"corrects":")" + corrects + "\"");
  }

  // The news of an item travels on its own.
  void AwaitItem(const std::string& item) {
    const std::string body =
        R"({"source":"test","dryRun":true,"events":[{"subjectNumber":"701-001","item":")" + item +
        R"(","number":1,"time":"2026-03-01","idempotencyKey":"try"}]})";
    if (!Eventually([&] { return Call("POST", kEvents, body).status == 200; })) {
      throw std::runtime_error("no item " + item);
    }
  }

  // So does that of an activation.
  void AwaitAtWork(const std::string& rule) {
    const std::string subjects = Must("GET", "/api/v1/subjects?projectId=S1&pageSize=1");
    const std::string series =
        "/api/v1/studies/S1/subjects/" + JsonAt(subjects, "/subjects/0/id") + "/series/SYSBP";
    if (!Eventually([&] { return Must("GET", series).contains(rule); })) {
      throw std::runtime_error("no rule at work");
    }
  }

  // The alerts of a rule, once there are `count`: what time or a new rule brings comes by itself.
  std::string Alerts(const std::string& rule, std::size_t count) {
    std::string body;
    Eventually([&] {
      body = Must("GET", std::string(kAlerts) + "?ruleId=" + rule);
      return JsonSize(body, "/alerts") == count;
    });
    return body;
  }
  std::string Detail(const std::string& alerts) {
    return Must("GET", "/api/v1/studies/S1/alerts/" + JsonAt(alerts, "/alerts/0/alertId"));
  }

  const Timestamp start_ = std::chrono::floor<seconds>(SystemClock().Now());
  System system_{GetParam()};
  std::string admin_;
  std::string monitor_;
};

TEST_P(RulesTest, AVersionIsWrittenBackTestedSignedBySomebodyElseAndActivated) {
  Pressure(hours(30), 170, "k1");
  Must("POST", kRules, Episode("165.0"));
  const std::string written = Must("POST", kRules, Episode());
  EXPECT_EQ(JsonAt(written, "/version"), "2");
  EXPECT_EQ(JsonAt(written, "/testsPassed"), "true");

  const std::string sign = std::string(kRules) + "/EPISODE:sign";
  const std::string signature =
      std::string(R"({"version":2,"meaning":"reviewed and approved","password":")") +
      kMonitorPassword + "\"}";
  EXPECT_EQ(Call("POST", std::string(kRules) + "/EPISODE:activate", "{}").status, 412);
  EXPECT_EQ(Call("POST", sign, signature, monitor_).status, 412) << "without a back-test";

  std::string backtest = Must("POST", "/api/v1/studies/S1/backtests", R"({"ruleId":"EPISODE"})");
  const std::string path = "/api/v1/studies/S1/backtests/" + JsonAt(backtest, "/id");
  EXPECT_TRUE(Eventually([&] {
    backtest = Must("GET", path);
    return JsonAt(backtest, "/endedAt") != "0";
  }));
  EXPECT_EQ(JsonAt(backtest, "/status"), "done") << backtest;
  EXPECT_EQ(JsonAt(backtest, "/records"), "1");
  EXPECT_EQ(JsonAt(backtest, "/subjects"), "1");

  EXPECT_EQ(
      Call("POST", sign, R"({"version":2,"meaning":"ok","password":"not hers"})", monitor_).status /
          100,
      4);
  EXPECT_EQ(Call("POST", sign,
                 R"({"version":2,"meaning":"ok","password":)" +
                     Quoted(ReadFile(system_.password_file()).substr(0, 28)) + "}")
                .status,
            403)
      << "its author signs nothing";
  const std::string is_signed = Must("POST", sign, signature, monitor_);
  EXPECT_EQ(JsonAt(is_signed, "/status"), "signed");
  EXPECT_EQ(JsonAt(is_signed, "/signatures/0/name"), "Mona Tor");
  EXPECT_EQ(JsonAt(Must("POST", std::string(kRules) + "/EPISODE:activate", "{}"), "/status"),
            "active");
  AwaitAtWork("EPISODE");
  Pressure(hours(20), 120, "between");  // ends what came within the second of the activation
  EXPECT_EQ(JsonAt(Pressure(hours(2), 171, "k2"), "/alertsRaised"), "1");
  EXPECT_EQ(JsonAt(Must("POST", std::string(kRules) + "/EPISODE:retire", "{}"), "/status"),
            "retired");
}

TEST_P(RulesTest, ACorrectionRetractsAnAlertAndALaterReadingResolvesOne) {
  PutRuleToWork(system_, admin_, "S1", Episode());
  AwaitAtWork("EPISODE");
  Pressure(hours(9), 210, "wrong");
  const std::string raised = Alerts("EPISODE", 1);
  const std::string act =
      "/api/v1/studies/S1/alerts/" + JsonAt(raised, "/alerts/0/alertId") + ":act";
  Must("POST", act, R"({"action":"acknowledge"})", monitor_);
  Must("POST", act, R"({"action":"start_review"})", monitor_);

  EXPECT_EQ(JsonAt(Pressure(hours(9), 121, "right", "wrong"), "/alertsRetracted"), "1");
  const std::string retracted = Alerts("EPISODE", 1);
  EXPECT_EQ(JsonAt(retracted, "/alerts/0/detection"), "retracted");
  EXPECT_EQ(JsonAt(retracted, "/alerts/0/workflow"), "in_review") << "a person has it open";
  EXPECT_EQ(JsonAt(retracted, "/alerts/0/conditionNoLongerMet"), "true");
  const std::string detail = Detail(retracted);
  EXPECT_EQ(JsonAt(detail, "/evidence/observations/0/version"), "1");
  EXPECT_FALSE(JsonAt(detail, "/evidence/observations/0/correctedBy").empty()) << detail;
  EXPECT_EQ(JsonAt(detail, "/history/0/change"), "raised");

  Pressure(hours(8), 185, "k1");
  Pressure(hours(7), 155, "k2");
  EXPECT_EQ(JsonAt(Alerts("EPISODE", 2), "/alerts/0/detection"), "firing") << "150 is not reached";
  Pressure(hours(6), 140, "k3");
  EXPECT_EQ(JsonAt(Alerts("EPISODE", 2), "/alerts/0/detection"), "resolved");
}

TEST_P(RulesTest, ALateReadingRaisesInThePast) {
  PutRuleToWork(system_, admin_, "S1", Episode());
  AwaitAtWork("EPISODE");
  Pressure(hours(5), 120, "k1");
  EXPECT_EQ(JsonAt(Pressure(hours(20), 190, "late"), "/alertsRaised"), "1");
  const std::string alerts = Alerts("EPISODE", 1);
  EXPECT_EQ(JsonAt(alerts, "/alerts/0/late"), "true");
  EXPECT_EQ(JsonAt(alerts, "/alerts/0/detection"), "resolved") << "by what was known already";
  EXPECT_EQ(JsonAt(alerts, "/alerts/0/eventTime"),
            std::to_string(ToUnixMicros(start_ - hours(20))));
}

TEST_P(RulesTest, AnAbsenceIsRaisedWhenItIsDueAndARestartKeepsWhatWasDetected) {
  Must("PUT", "/api/v1/studies/S1/items", R"({"items":[
    {"code":"RFXSTDTC","name":"First dose","domain":"DM","type":"TIME","role":"ATTRIBUTE",
     "ruleName":"first_dose"},
    {"code":"DIARY","name":"Diary","domain":"QS","type":"NUMBER","plausibleLow":0,
     "plausibleHigh":10}]})");
  PutRuleToWork(system_, admin_, "S1", Episode());
  AwaitAtWork("EPISODE");
  AwaitItem("DIARY");
  PutRuleToWork(system_, admin_, "S1",
                Envelope("SILENT",
                         "rule: SILENT\ntitle: Nothing for an hour\non: [timer, pro.DIARY]\n"
                         "when: now - pro.DIARY.time > hours(1)\n"
                         "tests:\n"
                         "  - given: [[pro.DIARY, D1, 1]]\n"
                         "    expect: [{at: D2, state: firing}]\n"));
  Pressure(hours(3), 190, "k1");
  const std::string before = Alerts("EPISODE", 1);
  // Due eight seconds after the beginning of the test at the earliest: the restart lies between.
  const seconds age =
      hours(1) - seconds(8) - std::chrono::duration_cast<seconds>(SystemClock().Now() - start_);
  Record("DIARY", age, R"("number":3)", "d1");
  const std::string not_yet = Must("GET", std::string(kAlerts) + "?ruleId=SILENT");
  EXPECT_EQ(JsonSize(not_yet, "/alerts"), 0U) << not_yet;
  ASSERT_EQ(system_.Stop(), 0) << system_.Logs();
  system_.Start();
  const std::string silent = Alerts("SILENT", 1);
  ASSERT_EQ(JsonSize(silent, "/alerts"), 1U) << silent;
  EXPECT_EQ(JsonAt(silent, "/alerts/0/detection"), "firing");
  EXPECT_EQ(JsonAt(silent, "/alerts/0/observations"), "1");

  // The episode goes on where it stood: the same alert, no second one.
  Pressure(hours(2), 191, "k2");
  const std::string after = Alerts("EPISODE", 1);
  EXPECT_EQ(JsonAt(after, "/alerts/0/alertId"), JsonAt(before, "/alerts/0/alertId"));
  Pressure(hours(1), 130, "k3");
  EXPECT_EQ(JsonAt(Alerts("EPISODE", 1), "/alerts/0/detection"), "resolved");

  // What comes late ends the absence; at its time nothing was there.
  Record("DIARY", seconds(0), R"("number":4)", "d2");
  EXPECT_EQ(JsonAt(Alerts("SILENT", 1), "/alerts/0/detection"), "resolved");
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         RulesTest,
                         testing::Values(Shape::kSingleSqlite, Shape::kSplitPostgres),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace vedette::system_test
