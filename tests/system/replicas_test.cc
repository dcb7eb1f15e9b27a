// SPDX-License-Identifier: Apache-2.0
// Two replicas of a role behind etcd, under load: one is killed, frozen, slowed, or fails fast, and
// hardly a caller notices. Every role is restarted in turn, and no caller does.
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <thread>

#include "kit/testing/tcp_gate.h"
#include "system/database_url.h"
#include "system/fleet.h"
#include "system/load.h"
#include "system/study.h"

namespace vedette::system_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kItems[] = "/api/v1/studies/S1/items";

class ReplicasTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!testkit::EtcdServer::IsInstalled()) GTEST_SKIP() << "etcd is not installed";
  }

  void Begin(const std::vector<std::string>& twice) { fleet_.AddRoles(twice); }
  void StartAll() {
    fleet_.Start();
    token_ = fleet_.Token();
    SetUpStudy(fleet_, token_);
  }

  std::unique_ptr<Load> ReadItems() {
    return std::make_unique<Load>(Load::Options{
        .gateways = {fleet_.http_port("gateway1")}, .make = [token = token_](int, int) {
          http::ClientRequest request{.target = kItems};
          request.headers.Set("Authorization", "Bearer " + token);
          return request;
        }});
  }

  // Of the calls that come 2 s after `harm` began, at most one in a thousand fails.
  void ExpectHardlyAnyFails(const std::function<void()>& harm) {
    const auto load = ReadItems();
    std::this_thread::sleep_for(seconds(1));
    const LoadCounts before = load->Take();
    EXPECT_EQ(before.Failures(), 0) << before.first_failure;
    harm();
    std::this_thread::sleep_for(seconds(2));
    load->Take();
    std::this_thread::sleep_for(seconds(4));
    const LoadCounts after = load->Stop();
    EXPECT_GT(after.sent, 200);
    EXPECT_LE(static_cast<double>(after.Failures()), 0.001 * static_cast<double>(after.sent))
        << after.Failures() << " of " << after.sent << ": " << after.first_failure;
  }

  double CallsOf(const std::string& name) {
    double calls = 0;
    for (const char* code : {"OK", "UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED"}) {
      calls += fleet_.Metric(name, "vedette_rpc_server_calls_total{code=\"" + std::string(code) +
                                       "\",method=\"trial.ListItems\"}");
    }
    return calls;
  }

  Fleet fleet_{{"process.shutdown_delay=300ms", "ingress.limits.interactive_rate=0",
                "ingress.limits.capture_rate=0"}};
  std::string token_;
};

TEST_F(ReplicasTest, OneIsKilled) {
  Begin({"trial"});
  StartAll();
  ExpectHardlyAnyFails([&] { fleet_.KillOne("trial2"); });
}

TEST_F(ReplicasTest, OneIsFrozen) {
  Begin({"trial"});
  StartAll();
  ExpectHardlyAnyFails([&] { fleet_.Signal("trial2", SIGSTOP); });
  fleet_.Signal("trial2", SIGCONT);
}

TEST_F(ReplicasTest, OneIsSlowedTenfold) {
  Begin({"trial"});
  testkit::TcpGate gate(fleet_.rpc_address("trial2"));
  fleet_.Set("trial2", "discovery.advertise=" + gate.address());
  StartAll();
  ExpectHardlyAnyFails([&] { gate.Delay(milliseconds(50)); });
}

TEST_F(ReplicasTest, OneThatFailsFastGetsHardlyACall) {
  Begin({"trial"});
  testkit::TcpGate gate(AddressIn(fleet_.database_url()));
  fleet_.Set("trial2", "database.url=" + Through(fleet_.database_url(), gate.address()));
  StartAll();
  double first = 0;
  double second = 0;
  const auto load = ReadItems();
  gate.Cut();
  std::this_thread::sleep_for(seconds(2));
  load->Take();
  first = CallsOf("trial1");
  second = CallsOf("trial2");
  std::this_thread::sleep_for(seconds(4));
  first = CallsOf("trial1") - first;
  second = CallsOf("trial2") - second;
  const LoadCounts counts = load->Stop();
  EXPECT_LE(static_cast<double>(counts.Failures()), 0.001 * static_cast<double>(counts.sent))
      << counts.Failures() << " of " << counts.sent << ": " << counts.first_failure;
  EXPECT_GT(first, 200);
  EXPECT_LT(second, 0.05 * (first + second)) << second << " of " << first + second;
}

TEST_F(ReplicasTest, ARollingRestartOfEveryRoleLosesNothing) {
  Begin({"identity", "trial", "subject", "rule", "gateway"});
  fleet_.Add("monitor2", "monitor");  // takes the log over from monitor1
  for (const char* name : {"identity1", "identity2", "trial1", "trial2", "subject1", "subject2",
                           "rule1", "rule2", "monitor1", "gateway1", "gateway2"}) {
    fleet_.StartOne(name);
  }
  token_ = fleet_.Token();
  SetUpStudy(fleet_, token_);
  std::atomic<int> written = 0;
  Load load({.gateways = {fleet_.http_port("gateway1"), fleet_.http_port("gateway2")},
             .clients = 6,
             .make = [&](int client, int number) {
               http::ClientRequest request;
               switch (client % 3) {
                 case 0:
                   request.method = "POST";
                   request.target = kEvents;
                   request.headers.Set("Content-Type", "application/json");
                   request.body = Reading("701-001", 150,
                                          std::to_string(client) + "/" + std::to_string(number));
                   ++written;
                   break;
                 case 1:
                   request.target = kItems;
                   break;
                 default:
                   request.target = kAlerts;
               }
               request.headers.Set("Authorization", "Bearer " + token_);
               return request;
             }});
  const auto expect_none = [&](const std::string& name) {
    const LoadCounts counts = load.Take();
    EXPECT_EQ(counts.Failures(), 0)
        << "while " << name << " was restarted: of " << counts.sent << " first failed "
        << (counts.failed.empty() ? 0 : counts.failed.begin()->first) << " "
        << counts.first_failure;
  };
  expect_none("nothing");
  for (const char* name : {"identity1", "identity2", "trial1", "trial2", "subject1", "subject2",
                           "rule1", "rule2", "gateway1", "gateway2"}) {
    EXPECT_EQ(fleet_.StopOne(name), 0) << name;
    fleet_.StartOne(name);
    expect_none(name);
  }
  fleet_.StartOne("monitor2");
  EXPECT_EQ(fleet_.StopOne("monitor1"), 0);
  expect_none("monitor");
  const LoadCounts counts = load.Stop();
  EXPECT_EQ(counts.Failures(), 0) << counts.first_failure;
  EXPECT_EQ(JsonAt(fleet_.Rest("GET", kSummary, {}, token_).body, "/events"),
            std::to_string(written.load()));
}

}  // namespace
}  // namespace vedette::system_test
