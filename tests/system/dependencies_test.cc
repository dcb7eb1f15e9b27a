// SPDX-License-Identifier: Apache-2.0
// PostgreSQL, Redis and etcd stop, are cut off, hang, become slow, and come back: nothing
// acknowledged is lost, what does not need them goes on, and all is well again without a restart.
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "kit/testing/redis.h"
#include "kit/testing/tcp_gate.h"
#include "system/database_url.h"
#include "system/fleet.h"
#include "system/study.h"

namespace vedette::system_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What the documents promise, and more on a machine that is slowed by a sanitizer.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr seconds kRecovery{30};
#else
constexpr seconds kRecovery{5};
#endif
#endif

constexpr char kStudyPath[] = "/api/v1/studies/S1";

class DependenciesTest : public testing::Test {
 protected:
  DependenciesTest() {
    fleet_.Add("gateway1", "identity,trial,subject,rule,monitor,gateway");
    fleet_.Set("gateway1", "database.url=" + Through(fleet_.database_url(), postgres_.address()));
    fleet_.Set("gateway1", "redis.url=redis://" + redis_.address());
    fleet_.Start();
    token_ = fleet_.Token();
    SetUpStudy(fleet_, token_);
  }

  RestAnswer Write() {
    const RestAnswer answer = fleet_.Rest(
        "POST", kEvents, Reading("701-001", 150, "k" + std::to_string(next_++)), token_);
    if (answer.status == 200) ++acknowledged_;
    return answer;
  }
  RestAnswer Get(const std::string& target) { return fleet_.Rest("GET", target, {}, token_); }

  // Whether `condition` comes true within the time that is promised.
  static bool Recovers(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + kRecovery;
    while (std::chrono::steady_clock::now() < limit) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(20));
    }
    return false;
  }

  // What a refused write may be: not now, or not in time.
  static bool IsCleanRefusal(const RestAnswer& answer) {
    return (answer.status == 503 || answer.status == 504 || answer.status == 429) &&
           answer.content_type.starts_with("application/problem+json");
  }

  // Keys of refused writes may be there or not; those acknowledged must be.
  void ExpectNothingLost() {
    const std::string events = JsonAt(Get(kSummary).body, "/events");
    EXPECT_GE(std::stoi(events), acknowledged_);
    EXPECT_LE(std::stoi(events), next_);
  }

  void ExpectServing() {
    EXPECT_EQ(Write().status, 200);
    EXPECT_EQ(Get(kStudyPath).status, 200);
    EXPECT_EQ(Get(kAlerts).status, 200);
  }

  testkit::RedisServer redis_server_;
  testkit::TcpGate redis_{redis_server_.address()};
  Fleet fleet_{{"database.statement_timeout=3s"}};
  testkit::TcpGate postgres_{AddressIn(fleet_.database_url())};
  std::string token_;
  int next_ = 0;
  int acknowledged_ = 0;
};

TEST_F(DependenciesTest, WithoutRedisEverythingGoesOn) {
  ExpectServing();
  const auto expect_serving_all_along = [&](const char* what) {
    SCOPED_TRACE(what);
    for (int i = 0; i < 10; ++i) ExpectServing();
  };
  redis_.Cut();
  expect_serving_all_along("cut");
  redis_.Open();
  redis_.Hang();
  expect_serving_all_along("hangs");
  redis_.Open();
  redis_.Delay(milliseconds(200));
  expect_serving_all_along("slow");
  redis_.Open();
  redis_server_.Stop();
  expect_serving_all_along("stopped");
  redis_server_.Start();
  EXPECT_TRUE(Recovers([&] {
    return fleet_.Metric("gateway1", "vedette_redis_connections") > 0 &&
           Get("/debug/status?format=json").body.find(R"("connected":"yes")") != std::string::npos;
  }));
  ExpectServing();
  ExpectNothingLost();
}

TEST_F(DependenciesTest, PostgresIsCutOffAndComesBack) {
  ExpectServing();
  postgres_.Cut();
  for (int i = 0; i < 5; ++i) {
    const RestAnswer answer = Write();
    EXPECT_TRUE(IsCleanRefusal(answer)) << answer.status << " " << answer.body;
  }
  // What needs no database is served all the same.
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/api/v1/identity/keys").status, 200);
  EXPECT_EQ(Get("/api/openapi.json").status, 200);
  postgres_.Open();
  EXPECT_TRUE(Recovers([&] { return Write().status == 200; }));
  EXPECT_TRUE(Recovers([&] { return Get(kAlerts).status == 200; }));
  ExpectNothingLost();
}

TEST_F(DependenciesTest, PostgresHangsAndCallsEndInTime) {
  ExpectServing();
  postgres_.Hang();
  const RestAnswer answer = Write();
  EXPECT_TRUE(IsCleanRefusal(answer)) << answer.status << " " << answer.body;
  EXPECT_EQ(Get("/healthz").status, 200);
  postgres_.Open();
  EXPECT_TRUE(Recovers([&] { return Write().status == 200; }));
  ExpectNothingLost();
}

TEST_F(DependenciesTest, PostgresIsSlowAndStillRight) {
  postgres_.Delay(milliseconds(20));
  for (int i = 0; i < 3; ++i) ExpectServing();
  postgres_.Open();
  ExpectNothingLost();
}

TEST_F(DependenciesTest, EtcdStopsAndKnownPeersGoOn) {
  fleet_.Add("trial2", "trial");
  fleet_.StartOne("trial2");
  fleet_.Add("gateway2", "gateway");
  fleet_.StartOne("gateway2");
  const auto through_second = [&] {
    return fleet_.RestAt(fleet_.http_port("gateway2"), "GET", kStudyPath, {}, token_).status;
  };
  EXPECT_TRUE(Recovers([&] { return through_second() == 200; }));
  fleet_.etcd().Stop();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(through_second(), 200);
    ExpectServing();
  }
  fleet_.etcd().Start();
  // A replica that comes only now is found.
  fleet_.Add("trial3", "trial");
  fleet_.StartOne("trial3");
  fleet_.KillOne("trial2");
  EXPECT_TRUE(Recovers([&] {
    through_second();
    return fleet_.Metric("trial3", "vedette_rpc_server_calls_total") > 0;
  }));
  EXPECT_EQ(through_second(), 200);
  ExpectNothingLost();
}

}  // namespace
}  // namespace vedette::system_test
