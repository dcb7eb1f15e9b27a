// SPDX-License-Identifier: Apache-2.0
// etcd stops, restarts, is cut off, freezes, becomes slow, loses a connection: calls between known
// peers go on, the live values stay, and once it is back newcomers are found and new values taken.
#include "base/bytes.h"
#include "kit/testing/eventually.h"
#include "system/dependencies_fixture.h"

namespace vedette::system_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testkit::Eventually;

constexpr char kLiveKey[] = "vedette/live";

// "gateway2" finds the role trial through an etcd behind a gate, and follows live values there.
class EtcdOutageTest : public DependenciesTest {
 protected:
  EtcdOutageTest() {
    Start("trial2", "trial");
    Start("gateway2", "gateway");
    EXPECT_TRUE(Eventually([&] { return Call() == 200; }));
    ExpectLiveValuesAreTaken();
  }

  void Start(const std::string& name, const std::string& roles) {
    fleet_.Add(name, roles, {"live.etcd_key=" + std::string(kLiveKey)});
    fleet_.Set(name, "discovery.etcd.endpoints=" + etcd_.address());
    fleet_.StartOne(name);
  }

  // Through gateway2 to the role trial.
  int Call() {
    return fleet_.RestAt(fleet_.http_port("gateway2"), "GET", kStudyPath, {}, token_).status;
  }
  void ExpectCallsGoOn() {
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(Call(), 200);
      ExpectServing();
    }
    EXPECT_EQ(fleet_.Metric("gateway2", "vedette_config_live_last_load_good"), 1);
  }

  double Failures() {
    return fleet_.Metric("gateway2", "vedette_discovery_failures_total{target=\"etcd:trial\"}");
  }
  double RegistrationFailures() {
    return fleet_.Metric(newest_, "vedette_discovery_registration_failures_total");
  }
  // Runs `harm` and waits until both who asks and who registers have met it.
  void HarmUntilNoticed(const std::function<void()>& harm) {
    const double failures = Failures();
    const double registration_failures = RegistrationFailures();
    harm();
    ASSERT_TRUE(Eventually([&] {
      EXPECT_EQ(Call(), 200);
      return Failures() > failures && RegistrationFailures() > registration_failures;
    }));
  }

  bool TakesCalls(const std::string& name) {
    EXPECT_EQ(Call(), 200);
    return fleet_.Metric(name, "vedette_rpc_server_calls_total") > 0;
  }
  // A replica that comes now is found, and takes the place of the one before.
  void ExpectANewcomerIsFound() {
    const std::string before = newest_;
    newest_ = "trial" + std::to_string(++number_);
    Start(newest_, "trial");
    EXPECT_TRUE(Recovers([&] { return TakesCalls(newest_); })) << newest_;
    EXPECT_EQ(fleet_.StopOne(before), 0);
    EXPECT_EQ(Call(), 200);
  }
  void ExpectLiveValuesAreTaken() {
    const auto accepted = [&] {
      return fleet_.Metric("gateway2",
                           "vedette_config_live_loads_total{outcome=\"accepted\",source=\"etcd\"}");
    };
    const double before = accepted();
    const std::string document = "slow_after: " + std::to_string(++document_) + "s";
    const std::string body =
        R"({"key":")" + Base64Encode(kLiveKey) + R"(","value":")" + Base64Encode(document) + "\"}";
    const auto port = static_cast<std::uint16_t>(fleet_.etcd().port());
    ASSERT_EQ(fleet_.RestAt(port, "POST", "/v3/kv/put", body).status, 200);
    EXPECT_TRUE(Recovers([&] { return accepted() > before; }));
  }
  void ExpectAllIsWell() {
    ExpectLiveValuesAreTaken();
    ExpectANewcomerIsFound();
    ExpectServing();
    ExpectNothingLost();
  }

  testkit::TcpGate etcd_{fleet_.etcd().address()};
  std::string newest_ = "trial2";
  int number_ = 2;
  int document_ = 0;
};

TEST_F(EtcdOutageTest, StopsAndRestarts) {
  HarmUntilNoticed([&] { fleet_.etcd().Stop(); });
  ExpectCallsGoOn();
  fleet_.etcd().Start();
  ExpectAllIsWell();
  fleet_.etcd().Stop();
  fleet_.etcd().Start();
  ExpectAllIsWell();
}

TEST_F(EtcdOutageTest, IsCutOff) {
  HarmUntilNoticed([&] { etcd_.Cut(); });
  ExpectCallsGoOn();
  etcd_.Open();
  ExpectAllIsWell();
}

TEST_F(EtcdOutageTest, Freezes) {
  HarmUntilNoticed([&] { fleet_.etcd().Freeze(); });
  ExpectCallsGoOn();
  fleet_.etcd().Thaw();
  ExpectAllIsWell();
}

TEST_F(EtcdOutageTest, IsSlow) {
  etcd_.Delay(milliseconds(200));
  ExpectCallsGoOn();
  ExpectAllIsWell();
  EXPECT_TRUE(
      Eventually([&] { return fleet_.Metric(newest_, "vedette_discovery_registered") == 1; }));
  etcd_.Open();
  ExpectAllIsWell();
}

TEST_F(EtcdOutageTest, IsSlowerThanItsCallsMayTake) {
  HarmUntilNoticed([&] { etcd_.Delay(seconds(4)); });
  ExpectCallsGoOn();
  etcd_.Open();
  ExpectAllIsWell();
}

// Nothing says so, and etcd is well.
TEST_F(EtcdOutageTest, ForgetsAConnection) {
  etcd_.Strand();
  ExpectCallsGoOn();
  ExpectAllIsWell();
}

// The registration ends with its lease then.
TEST_F(EtcdOutageTest, StoppingEndsInTimeThoughEtcdHangs) {
  etcd_.Hang();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(fleet_.StopOne("trial2"), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(30));
  EXPECT_NE(fleet_.LogOf("trial2").find("not deregistered from etcd"), std::string::npos);
  ExpectCallsGoOn();
}

}  // namespace
}  // namespace vedette::system_test
