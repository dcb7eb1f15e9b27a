// SPDX-License-Identifier: Apache-2.0
// PostgreSQL and Redis stop, restart, are cut off, hang, become slow, and come back: nothing
// acknowledged is lost, what does not need them goes on, and all is well again without a restart.
#include <memory>

#include "kit/testing/eventually.h"
#include "kit/testing/postgres.h"
#include "system/dependencies_fixture.h"
#include "system/load.h"

namespace vedette::system_test {
namespace {

using std::chrono::milliseconds;

class RedisOutageTest : public DependenciesTest {
 protected:
  void ExpectServingAllAlong(const char* what) {
    SCOPED_TRACE(what);
    for (int i = 0; i < 10; ++i) ExpectServing();
  }
  void ExpectUsedAgain(const char* after) {
    EXPECT_TRUE(Recovers([&] {
      return fleet_.Metric("gateway1", "vedette_redis_connections") > 0 &&
             Get("/debug/status?format=json").body.find(R"("connected":"yes")") !=
                 std::string::npos;
    })) << after;
    ExpectServing();
  }
};

TEST_F(RedisOutageTest, EverythingGoesOn) {
  ExpectServing();
  redis_.Cut();
  ExpectServingAllAlong("cut");
  redis_.Open();
  ExpectUsedAgain("cut");
  redis_.Hang();
  ExpectServingAllAlong("hangs");
  redis_.Open();
  ExpectUsedAgain("hang");
  redis_.Delay(milliseconds(200));
  ExpectServingAllAlong("slow");
  redis_.Open();
  ExpectUsedAgain("slowness");
  redis_server_.Stop();
  ExpectServingAllAlong("stopped");
  redis_server_.Start();
  ExpectUsedAgain("stop");
  redis_server_.Stop();
  redis_server_.Start();
  ExpectUsedAgain("restart");
  ExpectNothingLost();
}

class PostgresOutageTest : public DependenciesTest {};

TEST_F(PostgresOutageTest, IsCutOffAndComesBack) {
  ExpectServing();
  postgres_.Cut();
  for (int i = 0; i < 5; ++i) {
    const RestAnswer answer = Write();
    EXPECT_TRUE(IsCleanRefusal(answer)) << answer.status << " " << answer.body;
  }
  ExpectOthersServed();
  postgres_.Open();
  EXPECT_TRUE(RecoversWholly());
  ExpectNothingLost();
}

TEST_F(PostgresOutageTest, HangsAndCallsEndInTime) {
  ExpectServing();
  postgres_.Hang();
  const RestAnswer answer = Write();
  EXPECT_TRUE(IsCleanRefusal(answer)) << answer.status << " " << answer.body;
  ExpectOthersServed();
  postgres_.Open();
  EXPECT_TRUE(RecoversWholly());
  ExpectNothingLost();
}

TEST_F(PostgresOutageTest, IsSlowAndStillRight) {
  postgres_.Delay(milliseconds(20));
  for (int i = 0; i < 3; ++i) ExpectServing();
  postgres_.Open();
  ExpectNothingLost();
}

// With a server of its own, so that nobody else's is stopped.
class PostgresServerTest : public DependenciesTest {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<testkit::PostgresServer>(); }
  static void TearDownTestSuite() { server_.reset(); }
  PostgresServerTest() : DependenciesTest(server_->url()) {}

  static std::unique_ptr<testkit::PostgresServer> server_;
};
std::unique_ptr<testkit::PostgresServer> PostgresServerTest::server_;

TEST_F(PostgresServerTest, CrashesAndRestartsWhileManyWrite) {
  ExpectServing();
  Load load({.gateways = {fleet_.http_port("gateway1")},
             .clients = 4,
             .make = [token = token_](int client, int number) {
               http::ClientRequest request{.method = "POST", .target = kEvents};
               request.headers.Set("Content-Type", "application/json");
               request.headers.Set("Authorization", "Bearer " + token);
               request.body =
                   Reading("701-001", 150, std::to_string(client) + "/" + std::to_string(number));
               return request;
             }});
  const auto count = [&](const LoadCounts& counts) {
    attempted_ += static_cast<int>(counts.sent);
    acknowledged_ += static_cast<int>(counts.good);
    for (const auto& [status, times] : counts.failed) {
      EXPECT_TRUE(IsRefusal(status)) << times << " times " << status << " " << counts.first_failure;
    }
    return counts.good;
  };
  ASSERT_TRUE(testkit::Eventually([&] { return count(load.Take()) > 0; }));
  server_->Stop();
  for (int i = 0; i < 3; ++i) {
    const RestAnswer answer = Write();
    EXPECT_TRUE(IsCleanRefusal(answer)) << answer.status << " " << answer.body;
  }
  ExpectOthersServed();
  server_->Start();
  EXPECT_TRUE(RecoversWholly());
  // A restart so short that nobody may have asked meanwhile.
  server_->Stop();
  server_->Start();
  EXPECT_TRUE(RecoversWholly());
  count(load.Stop());
  ExpectNothingLost();
}

}  // namespace
}  // namespace vedette::system_test
