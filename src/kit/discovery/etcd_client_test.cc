// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "kit/discovery/discovery_test_support.h"
#include "kit/testing/tcp_gate.h"
#include "kit/testing/temp_dir.h"

namespace vedette::discovery {
namespace {

class EtcdClientTest : public EtcdTest {};

TEST_F(EtcdClientTest, PutsListsAndDeletes) {
  ASSERT_TRUE(Put("p/b", "2"));
  ASSERT_TRUE(Put("p/a", std::string("\0\xff", 2)));
  ASSERT_TRUE(Put("q", "3"));
  const auto items = Items("p/");
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].key, "p/a");
  EXPECT_EQ(items[0].value, std::string("\0\xff", 2));
  ASSERT_TRUE(Delete("p/a"));
  EXPECT_EQ(Items("p/").size(), 1U);
  const auto one = Run<Result<EtcdRange>>([&] { return client_->Get("q"); });
  ASSERT_TRUE(one);
  ASSERT_EQ(one->items.size(), 1U);
  EXPECT_EQ(one->items[0].value, "3");
}

TEST_F(EtcdClientTest, WatchTellsChangesInOrderFromARevision) {
  ASSERT_TRUE(Put("p/a", "1"));
  const auto loaded = Run<Result<EtcdRange>>([&] { return client_->List("p/"); });
  ASSERT_TRUE(loaded);
  ASSERT_TRUE(Put("p/a", "2"));
  ASSERT_TRUE(Put("elsewhere", "x"));
  ASSERT_TRUE(Delete("p/a"));
  std::vector<std::string> heard;
  background_->runtime().RunBlocking([&]() -> Task<void> {
    auto watch = co_await client_->WatchPrefix("p/", loaded->revision + 1);
    EXPECT_TRUE(watch);
    while (watch && heard.size() < 2) {
      const auto events = co_await (*watch)->Next();
      EXPECT_TRUE(events);
      if (!events) co_return;
      for (const EtcdEvent& event : *events) {
        heard.push_back(event.item.key + (event.deleted ? " deleted" : "=" + event.item.value));
      }
    }
  });
  EXPECT_EQ(heard, (std::vector<std::string>{"p/a=2", "p/a deleted"}));
}

// "others: etcd": compaction ends a watch with an error of its own.
TEST_F(EtcdClientTest, AWatchFromACompactedRevisionSaysSo) {
  for (const char* value : {"1", "2", "3", "4"}) ASSERT_TRUE(Put("p/a", value));
  const auto loaded = Run<Result<EtcdRange>>([&] { return client_->List("p/"); });
  ASSERT_TRUE(loaded);
  ASSERT_TRUE(Run<Status>([&] { return client_->Compact(loaded->revision); }));
  const Error error = Run<Error>([&]() -> Task<Error> {
    const auto watch = co_await client_->WatchPrefix("p/", 2);
    if (!watch) co_return watch.error();
    const auto events = co_await (*watch)->Next();
    co_return events ? Error() : events.error();
  });
  EXPECT_EQ(error.code, Code::kConflict);
}

TEST_F(EtcdClientTest, ALeaseHoldsItsKeysAndTakesThemAlong) {
  const auto lease =
      Run<Result<std::int64_t>>([&] { return client_->Grant(std::chrono::seconds(60)); });
  ASSERT_TRUE(lease);
  ASSERT_TRUE(Run<Status>([&] { return client_->PutLeased("p/a", "1", *lease); }));
  const auto found = Run<Result<EtcdLease>>([&] { return client_->Lookup(*lease); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->keys, std::vector<std::string>{"p/a"});
  EXPECT_GT(found->left.count(), 0);
  const auto left = Run<Result<std::chrono::seconds>>([&] { return client_->KeepAlive(*lease); });
  ASSERT_TRUE(left);
  EXPECT_EQ(left->count(), 60);
  ASSERT_TRUE(Run<Status>([&] { return client_->Revoke(*lease); }));
  EXPECT_TRUE(Items("p/").empty());
  EXPECT_TRUE(Run<Status>([&] { return client_->Revoke(*lease); }));
}

// §3.7: a put after the lease's end must not leave a key for ever.
TEST_F(EtcdClientTest, NoPutWithALeaseThatHasEnded) {
  const auto lease =
      Run<Result<std::int64_t>>([&] { return client_->Grant(std::chrono::seconds(60)); });
  ASSERT_TRUE(lease);
  ASSERT_TRUE(Run<Status>([&] { return client_->Revoke(*lease); }));
  const Status late = Run<Status>([&] { return client_->PutLeased("p/a", "1", *lease); });
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::kNotFound);
  const auto kept = Run<Result<std::chrono::seconds>>([&] { return client_->KeepAlive(*lease); });
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, Code::kNotFound);
  EXPECT_EQ(Run<Status>([&] { return client_->PutLeased("p/a", "1", 0); }).error().code,
            Code::kInvalidArgument);
  EXPECT_TRUE(Items("p/").empty());
}

TEST_F(EtcdClientTest, GoesOnToAnEndpointThatAnswersAndStaysThere) {
  testkit::EtcdServer elsewhere;
  testkit::TcpGate dead(elsewhere.address());
  dead.Cut();
  testkit::TcpGate silent(elsewhere.address());
  silent.Hang();
  const auto direct = client_;
  // A third of the time is each one's.
  client_ =
      Connect({dead.address(), silent.address(), server_->address()}, std::chrono::seconds(15));
  ASSERT_TRUE(PutsAgain("p/a", "1"));
  dead.Open();
  silent.Open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put("p/" + std::to_string(i), "1"));
  client_ = direct;
  EXPECT_EQ(Items("p/").size(), 21U);
}

TEST_F(EtcdClientTest, ACallEndsInTimeWhenEtcdIsAway) {
  testkit::TcpGate gate(server_->address());
  client_ = Connect({gate.address()}, kImpatience);
  ASSERT_TRUE(PutsAgain("p/a", "1"));
  gate.Hang();
  const Status hanging = Put("p/a", "2");
  ASSERT_FALSE(hanging);
  EXPECT_EQ(hanging.error().code, Code::kDeadlineExceeded);
  gate.Cut();
  EXPECT_TRUE(Eventually([&] {
    const Status cut = Put("p/a", "2");
    return !cut && cut.error().code == Code::kUnavailable;
  }));
  gate.Open();
  EXPECT_TRUE(PutsAgain("p/a", "3"));
}

TEST_F(EtcdClientTest, AStoppedServerIsFoundAgain) {
  ASSERT_TRUE(Put("p/a", "1"));
  server_->Stop();
  EXPECT_FALSE(Put("p/a", "2"));
  server_->Start();
  EXPECT_TRUE(PutsAgain("p/a", "3"));
}

class EtcdAuthTest : public EtcdTest {
 protected:
  void SetUp() override {
    EtcdTest::SetUp();
    if (server_ == nullptr) return;
    if (!testkit::ServerProcess::IsInstalled("etcdctl")) GTEST_SKIP() << "no etcdctl";
    UseOwnServer();
    for (const char* command :
         {"user add root:canary-password", "user grant-role root root", "auth enable"}) {
      const std::string line = "ETCDCTL_API=3 etcdctl --endpoints=" + server_->address() + " " +
                               command + " >/dev/null 2>&1";
      ASSERT_EQ(std::system(line.c_str()), 0) << command;
    }
  }
  std::shared_ptr<EtcdClient> As(std::string user, std::string password) {
    EtcdOptions options;
    options.endpoints = {server_->address()};
    options.timeout = kPatience;
    options.user = std::move(user);
    options.password = Sensitive<std::string>(std::move(password));
    return *EtcdClient::Create(options, clock_);
  }
};

TEST_F(EtcdAuthTest, ChecksTheUser) {
  EXPECT_FALSE(Put("p/a", "1"));
  client_ = As("root", "wrong");
  const Status refused = Put("p/a", "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnauthenticated);
  client_ = As("root", "canary-password");
  EXPECT_TRUE(Put("p/a", "1"));
  EXPECT_EQ(Items("p/").size(), 1U);
}

TEST_F(EtcdAuthTest, ATokenThatIsNoLongerGoodIsRenewed) {
  client_ = As("root", "canary-password");
  ASSERT_TRUE(Put("p/a", "1"));
  // Its simple tokens are in memory alone.
  server_->Stop();
  server_->Start();
  EXPECT_TRUE(PutsAgain("p/a", "2"));
}

class EtcdTlsTest : public EtcdTest {
 protected:
  void SetUp() override {
    if (!testkit::EtcdServer::IsInstalled()) GTEST_SKIP() << "etcd is not installed";
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=etcd -addext "
        "subjectAltName=IP:127.0.0.1 -keyout " +
        key_ + " -out " + cert_ + " >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "openssl makes no certificate";
    UseOwnServer(testkit::EtcdServer::TlsArguments(cert_, key_));
  }
  std::shared_ptr<EtcdClient> WithTls(std::string ca_file) {
    EtcdOptions options;
    options.endpoints = {server_->address()};
    options.timeout = kPatience;
    options.tls = true;
    options.ca_file = std::move(ca_file);
    return *EtcdClient::Create(options, clock_);
  }

  testkit::TempDir dir_;
  std::string cert_ = dir_.path() / "cert.pem";
  std::string key_ = dir_.path() / "key.pem";
};

TEST_F(EtcdTlsTest, ChecksTheServersCertificate) {
  client_ = WithTls(cert_);
  EXPECT_TRUE(PutsAgain("p/a", "1"));
  client_ = WithTls("");
  EXPECT_FALSE(Put("p/a", "2"));
  client_ = WithTls(cert_);
  EXPECT_EQ(Items("p/").front().value, "1");
}

TEST(EtcdClient, RefusesOptionsThatCannotWork) {
  SystemClock clock;
  EXPECT_FALSE(EtcdClient::Create({}, clock));
  EtcdOptions malformed;
  malformed.endpoints = {"http://a:2379"};
  EXPECT_FALSE(EtcdClient::Create(malformed, clock));
  EtcdOptions unreadable;
  unreadable.endpoints = {"127.0.0.1:2379"};
  unreadable.tls = true;
  unreadable.ca_file = "/nowhere/ca.pem";
  const auto client = EtcdClient::Create(unreadable, clock);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace vedette::discovery
