// SPDX-License-Identifier: Apache-2.0
// What operators see of a system: one request's trace through processes and SQL, a profile that
// pprof reads, the status page, metrics with fixed names; and nothing personal or clinical in any.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "kit/testing/otlp_receiver.h"
#include "system/fleet.h"
#include "system/load.h"
#include "system/study.h"

namespace vedette::system_test {
namespace {

using std::chrono::milliseconds;
using Spans = std::vector<OtlpReceiver::Span>;

constexpr int kClient = 3;  // OpenTelemetry's SPAN_KIND_CLIENT

// As a browser sends it.
constexpr char kTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string Hex(const std::array<std::uint8_t, 8>& id) {
  std::string text;
  for (const std::uint8_t byte : id) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", byte);
    text += digits;
  }
  return text;
}

// The span itself and its ancestors, the nearest first, as far as they were exported.
Spans Ancestry(const Spans& spans, OtlpReceiver::Span span) {
  Spans line{span};
  while (true) {
    const auto parent = std::ranges::find_if(spans, [&](const OtlpReceiver::Span& one) {
      return one.context.span_id == line.back().parent_span_id;
    });
    if (parent == spans.end()) return line;
    line.push_back(*parent);
  }
}

// "name{label,other} type" of each family and set of labels of a metrics page.
std::set<std::string> MetricFamilies(const std::string& page) {
  std::map<std::string, std::string> types;
  std::set<std::string> families;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      const std::size_t space = line.find(' ', 7);
      types[line.substr(7, space - 7)] = line.substr(space + 1);
    }
    if (line.empty() || line[0] == '#') continue;
    std::string name = line.substr(0, line.find_first_of("{ "));
    for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
      const std::string base = name.substr(0, name.size() - std::min(name.size(), suffix.size()));
      if (name.ends_with(suffix) && types.contains(base)) name = base;
    }
    std::string labels;
    const std::size_t brace = line.find('{');
    for (std::size_t at = brace; at != std::string::npos && at < line.rfind('}');) {
      const std::size_t equals = line.find("=\"", at);
      if (equals == std::string::npos) break;
      const std::string label = line.substr(at + 1, equals - at - 1);
      if (label != "le") labels += (labels.empty() ? "" : ",") + label;
      at = equals + 1;
      do {
        at = line.find('"', at + 1);
      } while (line[at - 1] == '\\');
      ++at;
    }
    families.insert(name + (labels.empty() ? "" : "{" + labels + "}") + " " + types[name]);
  }
  return families;
}

std::string AllSources() {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("src")) {
    if (entry.path().extension() == ".cc" || entry.path().extension() == ".h")
      text += ReadFile(entry.path());
  }
  return text;
}

std::string Tell(const Spans& spans) {
  std::string text;
  for (const OtlpReceiver::Span& span : spans) {
    text += span.name + " kind " + std::to_string(span.kind) + " id " + span.context.SpanIdHex() +
            " under " + Hex(span.parent_span_id) + " of " + span.resource.at("service.instance.id");
    for (const auto& [name, value] : span.attributes) text += " " + name + "=" + value;
    text += "\n";
  }
  return text;
}

std::string ServiceOf(const OtlpReceiver::Span& span) {
  return span.resource.at("service.instance.id");
}

class ObservabilityTest : public testing::Test {
 protected:
  ObservabilityTest() {
    fleet_.AddRoles();
    fleet_.Start();
    token_ = fleet_.Token();
    SetUpStudy(fleet_, token_);
  }

  RestAnswer Traced(const std::string& target) {
    http::ClientRequest request{.target = target};
    request.headers.Set("Authorization", "Bearer " + token_);
    request.headers.Set("traceparent", kTraceparent);
    return Await<RestAnswer>(fleet_.runtime(), [&]() -> Task<RestAnswer> {
      const auto answer =
          co_await http::Fetch({"127.0.0.1", fleet_.http_port("gateway1")}, request,
                               std::chrono::steady_clock::now() + std::chrono::seconds(30));
      co_return RestAnswer{answer ? answer->status : 0, answer ? answer->body : "", {}};
    });
  }

  // The spans of the browser's trace.
  static Spans OfTheTrace(const Spans& all) {
    Spans spans;
    for (const OtlpReceiver::Span& span : all) {
      if (span.context.TraceIdHex() == std::string(kTraceparent).substr(3, 32)) {
        spans.push_back(span);
      }
    }
    return spans;
  }

  OtlpReceiver receiver_;
  Fleet fleet_{{"telemetry.endpoint=" + receiver_.address(), "telemetry.batch_delay=50ms",
                "telemetry.sample_ratio=0"}};
  std::string token_;
};

TEST_F(ObservabilityTest, ARequestIsOneTraceFromTheBrowserToSql) {
  ASSERT_EQ(fleet_.Rest("POST", kEvents, Reading("701-001", 152, "k1"), token_).status, 200);
  ASSERT_EQ(Traced(kAlerts).status, 200);
  // The gateway asks monitor, which asks its store and, for the subject's name, subject. Everything
  // hangs under what the browser sent.
  const auto is_whole = [](const Spans& all) {
    const Spans spans = OfTheTrace(all);
    bool through_three = false;
    for (const OtlpReceiver::Span& span : spans) {
      const Spans line = Ancestry(spans, span);
      if (Hex(line.back().parent_span_id) != std::string(kTraceparent).substr(36, 16)) return false;
      if (!span.attributes.contains("db.system") || span.kind != kClient) continue;
      std::set<std::string> instances;
      for (const OtlpReceiver::Span& one : line) instances.insert(ServiceOf(one));
      through_three = through_three || instances.size() == 3;
    }
    return through_three;
  };
  EXPECT_TRUE(receiver_.WaitFor(is_whole)) << Tell(OfTheTrace(receiver_.spans()));
}

TEST_F(ObservabilityTest, AWriteShowsItsRulesAndStatements) {
  http::ClientRequest request{.method = "POST", .target = kEvents};
  request.headers.Set("Authorization", "Bearer " + token_);
  request.headers.Set("Content-Type", "application/json");
  request.headers.Set("traceparent", kTraceparent);
  request.body = Reading("701-001", 152, "k1");
  const auto answer = Await<Result<http::ClientResponse>>(
      fleet_.runtime(), [&]() -> Task<Result<http::ClientResponse>> {
        co_return co_await http::Fetch({"127.0.0.1", fleet_.http_port("gateway1")}, request,
                                       std::chrono::steady_clock::now() + std::chrono::seconds(30));
      });
  ASSERT_TRUE(answer && answer->status == 200);
  const auto shows = [](const Spans& all) {
    const Spans spans = OfTheTrace(all);
    const auto under_the_request = [&](const std::string& name) {
      return std::ranges::any_of(spans, [&](const OtlpReceiver::Span& span) {
        return span.name == name && Hex(Ancestry(spans, span).back().parent_span_id) ==
                                        std::string(kTraceparent).substr(36, 16);
      });
    };
    return under_the_request("monitor.EvaluateRules") && under_the_request("commit");
  };
  EXPECT_TRUE(receiver_.WaitFor(shows)) << Tell(OfTheTrace(receiver_.spans()));
}

TEST_F(ObservabilityTest, NothingPersonalOrClinicalIsTold) {
  const RestAnswer created = fleet_.Rest(
      "POST", "/api/v1/subjects",
      R"({"name":"Canary Finch","age":44,"projectId":"S1","siteId":"701","mobile":"13912345678"})",
      token_);
  ASSERT_EQ(created.status, 201) << created.body;
  const std::string number = JsonAt(created.body, "/subjectNumber");
  const std::string id = JsonAt(created.body, "/id");
  ASSERT_EQ(fleet_.Rest("POST", kEvents, Reading(number, 167.7351, "canary-key-1"), token_).status,
            200);
  EXPECT_EQ(fleet_.Rest("POST", kEvents, Reading(number, 1167.7351, "canary-key-2"), token_).status,
            400);
  EXPECT_EQ(
      fleet_.Rest("POST", kEvents, Reading("701-999", 167.7351, "canary-key-3"), token_).status,
      400);
  EXPECT_EQ(Traced(kAlerts).status, 200);
  EXPECT_EQ(Traced("/api/v1/patient/info/" + id).status, 200);
  EXPECT_EQ(Traced("/api/v1/studies/S1/subjects/" + id + "/series/SYSBP").status, 200);
  EXPECT_EQ(Traced("/api/v1/patient/info/Canary%20Finch").status / 100, 4);
  ASSERT_TRUE(receiver_.WaitFor([](const Spans& all) { return OfTheTrace(all).size() >= 10; }));

  std::string told = fleet_.Logs() + receiver_.raw();
  for (const char* name : {"gateway1", "monitor1", "subject1", "trial1", "identity1", "rule1"}) {
    told += fleet_.RestAt(fleet_.http_port(name), "GET", "/metrics").body;
    const RestAnswer status =
        fleet_.RestAt(fleet_.http_port(name), "GET", "/debug/status", {}, token_);
    EXPECT_EQ(status.status, 200) << name;
    told += status.body;
  }
  for (const std::string& canary :
       {std::string("Canary"), std::string("Finch"), std::string("13912345678"),
        std::string("167.7351"), std::string(kInvestigatorPassword), std::string("canary-key"),
        number, token_.substr(token_.size() / 2)}) {
    EXPECT_EQ(told.find(canary), std::string::npos) << canary;
  }
}

TEST_F(ObservabilityTest, AProfileUnderLoadOpensInPprof) {
  if (std::system("command -v google-pprof >/dev/null") != 0) {
    GTEST_SKIP() << "google-pprof is not installed";
  }
  Load load(
      {.gateways = {fleet_.http_port("gateway1")}, .pause = milliseconds(1), .make = [&](int, int) {
         http::ClientRequest request{.target = kAlerts};
         request.headers.Set("Authorization", "Bearer " + token_);
         return request;
       }});
  const std::uint16_t monitor = fleet_.http_port("monitor1");
  EXPECT_EQ(fleet_.RestAt(monitor, "GET", "/debug/pprof/profile?seconds=2").status, 401);
  const RestAnswer profile =
      fleet_.RestAt(monitor, "GET", "/debug/pprof/profile?seconds=2", {}, token_);
  const RestAnswer flame = fleet_.RestAt(monitor, "GET", "/debug/flame?seconds=1", {}, token_);
  load.Stop();
  if (profile.status == 501) GTEST_SKIP() << "built with a sanitizer, which cannot be profiled";
  ASSERT_EQ(profile.status, 200) << profile.body;
  const auto file = fleet_.folder() / "cpu.profile";
  std::ofstream(file, std::ios::binary) << profile.body;
  const auto text = fleet_.folder() / "cpu.txt";
  const std::string command = "google-pprof --text --functions " + Binary() + " " + file.string() +
                              " > " + text.string() + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string report = ReadFile(text);
  EXPECT_NE(report.find("Total: "), std::string::npos) << report;
  EXPECT_NE(report.find("vedette"), std::string::npos) << report;
  EXPECT_EQ(flame.status, 200);
  EXPECT_NE(flame.body.find("class=\"flame\""), std::string::npos);
}

// Dashboards and alarms depend on the names; who adds a metric adds it to the file.
TEST_F(ObservabilityTest, MetricsHaveTheNamesThatAreWrittenDown) {
  ASSERT_EQ(fleet_.Rest("POST", kEvents, Reading("701-001", 152, "k1"), token_).status, 200);
  ASSERT_EQ(Traced(kAlerts).status, 200);
  std::set<std::string> written;
  std::ifstream golden("tests/system/metrics.golden");
  for (std::string line; std::getline(golden, line);) written.insert(line);
  ASSERT_FALSE(written.empty());
  std::set<std::string> seen;
  for (const char* name : {"gateway1", "monitor1", "subject1", "trial1", "identity1", "rule1"}) {
    for (const std::string& family :
         MetricFamilies(fleet_.RestAt(fleet_.http_port(name), "GET", "/metrics").body)) {
      seen.insert(family);
    }
  }
  for (const std::string& family : seen) {
    EXPECT_TRUE(written.contains(family)) << "not in metrics.golden: " << family;
  }
  const std::string sources = AllSources();
  for (const std::string& family : written) {
    const std::string name = family.substr(0, family.find_first_of("{ "));
    EXPECT_NE(sources.find('"' + name + '"'), std::string::npos)
        << "in metrics.golden, and nowhere else: " << family;
  }
}

}  // namespace
}  // namespace vedette::system_test
