// SPDX-License-Identifier: Apache-2.0
#include "system/study.h"

#include <stdexcept>

#include "kit/testing/eventually.h"
#include "system/rule_life.h"

namespace vedette::system_test {
namespace {

std::string Must(const RestAnswer& answer) {
  if (answer.status / 100 != 2) {
    throw std::runtime_error("refused: " + std::to_string(answer.status) + " " + answer.body);
  }
  return answer.body;
}

// The news of an activation travels on its own; what is recorded before it comes is judged later.
void AwaitRule(System& system, const std::string& token) {
  const std::string subjects =
      Must(system.Rest("GET", "/api/v1/subjects?projectId=S1&pageSize=1", {}, token));
  const std::string series =
      "/api/v1/studies/S1/subjects/" + JsonAt(subjects, "/subjects/0/id") + "/series/SYSBP";
  const bool at_work = testkit::Eventually(
      [&] { return JsonSize(Must(system.Rest("GET", series, {}, token)), "/thresholds") > 0; });
  if (!at_work) throw std::runtime_error("no rule at work");
}

}  // namespace

void SetUpStudy(System& system, const std::string& admin_token) {
  const auto send = [&](const std::string& method, const std::string& path,
                        const std::string& body) {
    return Must(system.Rest(method, path, body, admin_token));
  };
  send("POST", "/api/v1/studies", R"({"id":"S1","name":"Study one"})");
  send("PUT", "/api/v1/studies/S1/sites",
       R"({"sites":[{"id":"701","name":"North"},{"id":"702","name":"South"}]})");
  send("PUT", "/api/v1/studies/S1/items", R"({"items":[
    {"code":"SYSBP","name":"Systolic Blood Pressure","domain":"VS","type":"NUMBER","unit":"mmHg",
     "plausibleLow":30,"plausibleHigh":350,"acceptedUnits":[{"unit":"kPa","factor":7.50062}]},
    {"code":"NOTE","name":"Note","domain":"VS","type":"TEXT"}]})");
  send("POST", "/api/v1/studies/S1/subjects:register", R"({"subjects":[
    {"subjectNumber":"701-001","siteId":"701"},{"subjectNumber":"702-001","siteId":"702"}]})");
  PutRuleToWork(system, admin_token, "S1", R"({"ruleId":"HIGH","name":"High pressure",
    "condition":{"item":"SYSBP","comparison":"GREATER_THAN","threshold":140,"unit":"mmHg"},
    "severity":"WARNING","message":"Systolic pressure {value} {unit} is above 140 mmHg"})");
  const std::string user = send(
      "POST", "/api/v1/identity/users",
      std::string(R"({"username":"investigator","password":")") + kInvestigatorPassword + "\"}");
  send("POST", "/api/v1/identity/users/" + JsonAt(user, "/id") + "/roles",
       R"({"grant":{"role":"investigator","studyId":"S1","siteId":"701"}})");
  AwaitRule(system, admin_token);
}

std::string Reading(const std::string& subject,
                    double value,
                    const std::string& key,
                    const std::string& unit) {
  return R"({"source":"test","events":[{"subjectNumber":")" + subject +
         R"(","item":"SYSBP","number":)" + std::to_string(value) + R"(,"unit":")" + unit +
         R"(","time":"2026-03-01T08:30:00+08:00","idempotencyKey":")" + key + "\"}]}";
}

}  // namespace vedette::system_test
