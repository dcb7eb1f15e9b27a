// SPDX-License-Identifier: Apache-2.0
#include "app/app.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "app/config.h"
#include "kit/http/client.h"
#include "kit/task/runtime.h"
#include "kit/testing/temp_dir.h"

namespace vedette::app {
namespace {

class AppTest : public testing::Test {
 protected:
  AppConfig Config() {
    AppConfig config;
    config.process.data_dir = folder_.path().string();
    config.process.threads = 2;
    config.database.url = "sqlite:" + folder_.path().string();
    config.http.port = 0;
    config.rpc.address = "127.0.0.1:0";
    return config;
  }

  http::ClientResponse Send(const App& app, http::ClientRequest request) {
    return *Await<Result<http::ClientResponse>>(runtime_, [&] {
      return http::Fetch({"127.0.0.1", app.http_port()}, std::move(request),
                         clock_.SteadyNow() + std::chrono::seconds(30));
    });
  }
  http::ClientResponse Get(const App& app, std::string target) {
    return Send(app, {.target = std::move(target)});
  }

  SystemClock clock_;
  testkit::TempDir folder_;
  Runtime runtime_{1};
};

TEST_F(AppTest, ServesAndStopsTwice) {
  const auto app = App::New(Config(), clock_, Logger());
  ASSERT_TRUE(app) << app.error().message;
  const Status started = (*app)->Start();
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_GT((*app)->rpc_port(), 0);
  EXPECT_EQ(Get(**app, "/healthz").status, 200);
  EXPECT_EQ(Get(**app, "/api/v1/studies").status, 401);
  EXPECT_EQ(Get(**app, "/nothing").status, 404);
  (*app)->Stop();
  (*app)->Stop();
}

TEST_F(AppTest, MetricsAreForTheHousehold) {
  const auto app = App::New(Config(), clock_, Logger());
  ASSERT_TRUE((*app)->Start());
  EXPECT_EQ(Get(**app, "/metrics").status, 200);
  // Through the proxy anybody may come.
  http::ClientRequest passed_on{.target = "/metrics"};
  passed_on.headers.Set("X-Forwarded-For", "203.0.113.7");
  const http::ClientResponse refused = Send(**app, passed_on);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.Get("WWW-Authenticate"), "Bearer");
  for (const char* open : {"/healthz", "/readyz"}) {
    passed_on.target = open;
    EXPECT_NE(Send(**app, passed_on).status, 401) << open;
  }
}

TEST_F(AppTest, MetricsThatNeedATokenNeedItsFile) {
  AppConfig config = Config();
  config.metrics.readers = "token";
  const auto app = App::New(config, clock_, Logger());
  ASSERT_FALSE(app);
  EXPECT_EQ(app.error().message, "metrics.readers is token: give metrics.token_file.");
}

TEST_F(AppTest, LiveValuesSwitchTheContractsFeatures) {
  const std::string file = (folder_.path() / "live.yaml").string();
  std::ofstream(file) << "features_off: [backtest, of-another-process]\n";
  for (const bool at_the_edge : {true, false}) {
    AppConfig config = Config();
    config.live.file = file;
    if (!at_the_edge) {
      config.process.roles = {"identity", "trial", "subject", "rule", "monitor"};
      config.process.service_secret = Sensitive<std::string>("a secret of this test");
    }
    const auto app = App::New(config, clock_, Logger());
    ASSERT_TRUE(app) << app.error().message;
    ASSERT_TRUE((*app)->Start());
    const auto page = [&] { return Get(**app, "/metrics").body; };
    const SteadyTime patience = clock_.SteadyNow() + std::chrono::seconds(30);
    const std::string off = "vedette_degradation_off{feature=\"backtest\"} 1\n";
    while (page().find(off) == std::string::npos && clock_.SteadyNow() < patience) {
      std::this_thread::yield();
    }
    EXPECT_NE(page().find(off), std::string::npos);
    EXPECT_NE(page().find("vedette_degradation_off{feature=\"analytics\"} 0\n"), std::string::npos);
  }
}

TEST_F(AppTest, TwoLiveInOneProgram) {
  const testkit::TempDir other;
  AppConfig second = Config();
  second.process.data_dir = other.path().string();
  second.database.url = "sqlite:" + other.path().string();
  const auto a = App::New(Config(), clock_, Logger());
  const auto b = App::New(second, clock_, Logger());
  ASSERT_TRUE((*a)->Start());
  ASSERT_TRUE((*b)->Start());
  EXPECT_NE((*a)->http_port(), (*b)->http_port());
  EXPECT_EQ(Get(**b, "/healthz").status, 200);
}

TEST_F(AppTest, APortThatIsTakenFailsTheStartWithAReason) {
  const auto first = App::New(Config(), clock_, Logger());
  ASSERT_TRUE((*first)->Start());
  const testkit::TempDir other;
  AppConfig second = Config();
  second.process.data_dir = other.path().string();
  second.database.url = "sqlite:" + other.path().string();
  second.http.port = (*first)->http_port();
  const auto app = App::New(second, clock_, Logger());
  const Status started = (*app)->Start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find(std::to_string((*first)->http_port())), std::string::npos)
      << started.error().message;
}

TEST_F(AppTest, ARoleWhosePeersAreMissingIsRefused) {
  AppConfig config = Config();
  config.process.roles = {"monitor"};
  const auto app = App::New(config, clock_, Logger());
  ASSERT_FALSE(app);
  EXPECT_EQ(app.error().message,
            "role monitor calls identity, which this process does not run: give its address in "
            "peers.identity");
}

TEST_F(AppTest, SplitRolesNeedASharedSecret) {
  AppConfig config = Config();
  config.process.roles = {"identity"};
  const auto app = App::New(config, clock_, Logger());
  ASSERT_FALSE(app);
  EXPECT_NE(app.error().message.find("process.service_secret"), std::string::npos);
}

TEST(ConfigTest, TheExamplesLoad) {
  setenv("VEDETTE_SERVICE_SECRET", "a secret of this test", 1);
  for (const char* name : {"gateway", "core", "monitor"}) {
    const auto config = LoadConfig(std::string("deploy/config/") + name + ".yaml", {});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_FALSE(config->process.service_secret.Reveal().empty());
  }
}

TEST(ConfigTest, AMisspeltKeyIsNamedWithTheRightOne) {
  const auto config = LoadConfig("", {"monitor.queue_row=5"});
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("queue_rows"), std::string::npos) << config.error().message;
}

TEST(ConfigTest, TheReferenceNamesEverySection) {
  const std::string reference = ConfigReference();
  for (const char* section :
       {"process", "http", "rpc", "peers", "database", "identity", "monitor", "gateway"}) {
    EXPECT_NE(reference.find(section), std::string::npos) << section;
  }
}

}  // namespace
}  // namespace vedette::app
