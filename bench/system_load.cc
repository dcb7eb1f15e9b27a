// SPDX-License-Identifier: Apache-2.0
#include "system_load.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "base/clock.h"
#include "model/study_time.h"
#include "system/rule_life.h"

namespace vedette::bench {
namespace {

std::string SubjectNumber(std::uint64_t index) {
  char text[16];
  std::snprintf(text, sizeof text, "S-%04llu", static_cast<unsigned long long>(index + 1));
  return text;
}

}  // namespace

std::string SetUpLoadStudy(system_test::System& system, int subjects) {
  const std::string token = system.Token();
  const auto send = [&](const char* method, const char* path, const std::string& body) {
    const system_test::RestAnswer answer = system.Rest(method, path, body, token);
    if (answer.status / 100 != 2) throw std::runtime_error(std::string(path) + ": " + answer.body);
  };
  send("POST", "/api/v1/studies", R"({"id":"LOAD","name":"Load"})");
  send("PUT", "/api/v1/studies/LOAD/sites", R"({"sites":[{"id":"1","name":"One"}]})");
  send("PUT", "/api/v1/studies/LOAD/items", R"({"items":[
    {"code":"SYSBP","name":"Systolic","type":"NUMBER","unit":"mmHg","plausibleLow":30,"plausibleHigh":350},
    {"code":"DIABP","name":"Diastolic","type":"NUMBER","unit":"mmHg","plausibleLow":10,"plausibleHigh":250}]})");
  std::string registrations;
  for (int i = 0; i < subjects; ++i) {
    if (i > 0) registrations += ',';
    registrations +=
        R"({"siteId":"1","subjectNumber":")" + SubjectNumber(static_cast<std::uint64_t>(i)) + "\"}";
  }
  send("POST", "/api/v1/studies/LOAD/subjects:register", "{\"subjects\":[" + registrations + "]}");
  system_test::PutRuleToWork(system, token, "LOAD", R"({"ruleId":"HIGH","name":"High pressure",
    "condition":{"item":"SYSBP","comparison":"GREATER_THAN","threshold":140,"unit":"mmHg"},
    "severity":"WARNING","message":"Systolic pressure {value} {unit}"})");
  return token;
}

RequestFactory SingleEvents(std::string token, int subjects, int alert_every, std::string run) {
  const std::string authorization = "Bearer " + token;
  return [=](std::uint64_t index, std::string& out) {
    const bool high = index % static_cast<std::uint64_t>(alert_every) == 0;
    const std::string body =
        R"({"source":"bench","events":[{"subjectNumber":")" +
        SubjectNumber(index % static_cast<std::uint64_t>(subjects)) +
        R"(","item":"SYSBP","unit":"mmHg","number":)" + (high ? "152" : "118") + R"(,"time":")" +
        FormatStudyTime({SystemClock().Now(), 0, TimePrecision::kMicrosecond}) +
        R"(","idempotencyKey":")" + run + "/" + std::to_string(index) + "\"}]}";
    AppendRequest(
        out, {.method = "POST",
              .target = kLoadEvents,
              .headers = {{"Authorization", authorization}, {"Content-Type", "application/json"}},
              .body = body});
  };
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace vedette::bench
