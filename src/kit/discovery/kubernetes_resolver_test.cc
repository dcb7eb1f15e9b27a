// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/kubernetes_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "kit/discovery/discovery_test_support.h"
#include "kit/discovery/fake_api_server.h"
#include "kit/testing/temp_dir.h"

namespace vedette::discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Endpoint(const std::string& address, const std::string& conditions = "{}") {
  return R"({"addresses":[")" + address + R"("],"conditions":)" + conditions + "}";
}

std::string Slice(const std::string& name, const std::string& endpoints) {
  return R"({"metadata":{"name":")" + name + R"("},"ports":[{"name":"grpc","port":90}],)" +
         R"("endpoints":[)" + endpoints + "]}";
}

std::string List(const std::string& slices) {
  return R"({"metadata":{"resourceVersion":"7"},"items":[)" + slices + "]}";
}

std::string Event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}";
}

class KubernetesResolverTest : public DiscoveryTest {
 protected:
  KubernetesResolverTest() {
    std::ofstream(token_file_) << "first-token\n";
    server_ = std::make_unique<FakeApiServer>();
  }

  std::unique_ptr<KubernetesResolver> Make(std::string ca_file = "") {
    KubernetesOptions options;
    options.token_file = token_file_;
    options.ca_file = std::move(ca_file);
    return std::make_unique<KubernetesResolver>(
        "kubernetes:clinic/trial:grpc", KubernetesService{"clinic", "trial", "grpc"},
        *ParseApiUrl(server_->url()), options, background_, random_, metrics_, clock_);
  }
  bool Becomes(Resolver& resolver, const Instances& wanted) {
    return Eventually([&] { return resolver.Current() == wanted; });
  }
  bool IsWatched(std::size_t times = 1) {
    return Eventually([&] { return server_->watches() >= times; });
  }

  testkit::TempDir dir_;
  std::string token_file_ = dir_.path() / "token";
  std::unique_ptr<FakeApiServer> server_;
};

TEST_F(KubernetesResolverTest, ListsThenFollowsTheSlices) {
  server_->SetToken("first-token");
  server_->SetList(List(Slice("a", Endpoint("10.1.0.1")) + "," + Slice("b", Endpoint("10.1.0.2"))));
  const auto resolver = Make();
  ASSERT_TRUE(Becomes(*resolver, {"10.1.0.1:90", "10.1.0.2:90"}));
  ASSERT_TRUE(IsWatched());
  EXPECT_THAT(server_->targets().front(),
              HasSubstr("/apis/discovery.k8s.io/v1/namespaces/clinic/endpointslices?"
                        "labelSelector=kubernetes.io%2Fservice-name%3Dtrial"));
  EXPECT_THAT(server_->targets().back(), HasSubstr("resourceVersion=7"));
  server_->SendEvent(Event("MODIFIED", Slice("a", Endpoint("10.1.0.3"))));
  ASSERT_TRUE(Becomes(*resolver, {"10.1.0.2:90", "10.1.0.3:90"}));
  server_->SendEvent(Event("ADDED", Slice("c", Endpoint("10.1.0.4"))));
  ASSERT_TRUE(Becomes(*resolver, {"10.1.0.2:90", "10.1.0.3:90", "10.1.0.4:90"}));
  server_->SendEvent(Event("DELETED", Slice("b", "")));
  ASSERT_TRUE(Becomes(*resolver, {"10.1.0.3:90", "10.1.0.4:90"}));
}

TEST_F(KubernetesResolverTest, APodThatEndsOrIsNotReadyTakesNoCalls) {
  server_->SetList(List(Slice("a", Endpoint("10.1.0.1") + "," + Endpoint("10.1.0.2"))));
  const auto resolver = Make();
  ASSERT_TRUE(Becomes(*resolver, {"10.1.0.1:90", "10.1.0.2:90"}));
  ASSERT_TRUE(IsWatched());
  server_->SendEvent(Event(
      "MODIFIED",
      Slice("a", Endpoint("10.1.0.1", R"({"ready":true,"terminating":true})") + "," +
                     Endpoint("10.1.0.2") + "," + Endpoint("10.1.0.3", R"({"ready":false})"))));
  ASSERT_TRUE(Becomes(*resolver, {"10.1.0.2:90"}));
  server_->SendEvent(Event("MODIFIED", Slice("a", Endpoint("10.1.0.2", R"({"ready":false})"))));
  ASSERT_TRUE(Eventually([&] { return resolver->State().kept_last_good; }));
  EXPECT_THAT(resolver->Current(), ElementsAre("10.1.0.2:90"));
}

TEST_F(KubernetesResolverTest, AnEventMayComeInPieces) {
  const auto resolver = Make();
  ASSERT_TRUE(IsWatched());
  const std::string event = Event("ADDED", Slice("a", Endpoint("10.1.0.1"))) + "\n\n";
  for (std::size_t i = 0; i < event.size(); i += 7) server_->SendBytes(event.substr(i, 7));
  EXPECT_TRUE(Becomes(*resolver, {"10.1.0.1:90"}));
}

TEST_F(KubernetesResolverTest, AWatchThatLastedItsTimeIsNoFailure) {
  server_->SetList(List(Slice("a", Endpoint("10.1.0.1"))));
  const auto resolver = Make();
  ASSERT_TRUE(IsWatched());
  server_->SetList(List(Slice("a", Endpoint("10.1.0.2"))));
  server_->EndWatches();
  ASSERT_TRUE(Becomes(*resolver, {"10.1.0.2:90"}));
  ASSERT_TRUE(IsWatched(2));
  server_->SendEvent(Event("ERROR", R"({"kind":"Status","code":410})"));
  EXPECT_TRUE(IsWatched(3));
  EXPECT_EQ(capture_->Count(LogLevel::kWarning), 0U);
}

TEST_F(KubernetesResolverTest, KeepsItsListWhileTheServerIsAway) {
  server_->SetList(List(Slice("a", Endpoint("10.1.0.1"))));
  const auto resolver = Make();
  ASSERT_TRUE(IsWatched());
  server_->SetList("{}");
  server_->HangUp();
  ASSERT_TRUE(Eventually([&] { return !resolver->State().connected; }));
  EXPECT_THAT(resolver->Current(), ElementsAre("10.1.0.1:90"));
  server_->SetList(List(Slice("a", Endpoint("10.1.0.2"))));
  EXPECT_TRUE(Becomes(*resolver, {"10.1.0.2:90"}));
}

TEST_F(KubernetesResolverTest, ReadsTheTokenAgainAsItRotates) {
  server_->SetToken("second-token");
  server_->SetList(List(Slice("a", Endpoint("10.1.0.1"))));
  const auto resolver = Make();
  ASSERT_TRUE(Eventually([&] { return server_->refused() > 0; }));
  EXPECT_TRUE(resolver->Current().empty());
  std::ofstream(token_file_) << "second-token";
  EXPECT_TRUE(Becomes(*resolver, {"10.1.0.1:90"}));
  EXPECT_FALSE(capture_->Contains("-token"));
}

TEST_F(KubernetesResolverTest, SurvivesNonsenseInTheWatch) {
  server_->SetList(List(Slice("a", Endpoint("10.1.0.1"))));
  const auto resolver = Make();
  ASSERT_TRUE(IsWatched());
  server_->SendEvent("\xff not json");
  ASSERT_TRUE(IsWatched(2));
  server_->SendEvent(Event("ADDED", Slice("b", Endpoint("10.1.0.2"))));
  EXPECT_TRUE(Becomes(*resolver, {"10.1.0.1:90", "10.1.0.2:90"}));
}

class KubernetesTlsTest : public KubernetesResolverTest {
 protected:
  void SetUp() override {
    if (!MakeCertificate("good", "IP:127.0.0.1") || !MakeCertificate("other", "DNS:elsewhere")) {
      GTEST_SKIP() << "openssl makes no certificate";
    }
  }
  std::string File(const std::string& name) const { return dir_.path() / name; }
  bool MakeCertificate(const std::string& name, const std::string& names) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=api -addext subjectAltName=" +
        names + " -keyout " + File(name + ".key") + " -out " + File(name + ".crt") +
        " >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
  }
  void Serve(const std::string& name) {
    server_ = std::make_unique<FakeApiServer>(File(name + ".crt"), File(name + ".key"));
    server_->SetList(List(Slice("a", Endpoint("10.1.0.1"))));
  }
  double Failures() {
    return static_cast<double>(metrics_
                                   .GetCounter("vedette_discovery_failures_total", "",
                                               {{"target", "kubernetes:clinic/trial:grpc"}})
                                   .Value());
  }
};

TEST_F(KubernetesTlsTest, SpeaksTlsWithTheClustersAuthority) {
  Serve("good");
  const auto resolver = Make(File("good.crt"));
  ASSERT_TRUE(Becomes(*resolver, {"10.1.0.1:90"}));
  ASSERT_TRUE(IsWatched());
  server_->SendEvent(Event("ADDED", Slice("b", Endpoint("10.1.0.2"))));
  EXPECT_TRUE(Becomes(*resolver, {"10.1.0.1:90", "10.1.0.2:90"}));
}

TEST_F(KubernetesTlsTest, RefusesAnotherAuthorityAndAnotherName) {
  Serve("good");
  {
    const auto resolver = Make(File("other.crt"));
    ASSERT_TRUE(Eventually([&] { return Failures() >= 2; }));
    EXPECT_TRUE(resolver->Current().empty());
  }
  const double before = Failures();
  Serve("other");
  const auto resolver = Make(File("other.crt"));
  ASSERT_TRUE(Eventually([&] { return Failures() >= before + 2; }));
  EXPECT_TRUE(resolver->Current().empty());
  EXPECT_TRUE(server_->targets().empty());
}

TEST(ApiUrl, ParsesSchemeHostAndPort) {
  EXPECT_EQ(ParseApiUrl("https://kubernetes.default.svc")->port, "443");
  EXPECT_EQ(ParseApiUrl("https://kubernetes.default.svc/")->host, "kubernetes.default.svc");
  EXPECT_FALSE(ParseApiUrl("http://127.0.0.1:8001")->tls);
  EXPECT_EQ(ParseApiUrl("https://[::1]:6443")->host, "::1");
  for (const char* url : {"", "ftp://a", "https://", "https://a b", "https://a/path", "a:443"}) {
    EXPECT_FALSE(ParseApiUrl(url)) << url;
  }
}

}  // namespace
}  // namespace vedette::discovery
