// SPDX-License-Identifier: Apache-2.0
// TLS, sentinels and a cluster of real servers.
#include <gtest/gtest.h>

#include <cstdlib>

#include "kit/redis/redis_test_support.h"
#include "kit/redis/slot.h"
#include "kit/testing/temp_dir.h"

namespace vedette::redis {
namespace {

using std::chrono::milliseconds;
using testkit::RedisServer;

class TopologyTest : public testing::Test {
 protected:
  void SetUp() override { VEDETTE_NEEDS_REDIS(); }
};

// A server's certificate for "redis.test" that vouches for itself.
bool MakeCertificate(const std::string& folder) {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=redis.test -addext subjectAltName=DNS:redis.test -keyout " +
      folder + "/key.pem -out " + folder + "/cert.pem >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;
}

TEST_F(TopologyTest, TlsIsVerified) {
  testkit::TempDir folder;
  const std::string path = folder.path();
  if (!MakeCertificate(path)) GTEST_SKIP() << "the openssl command is not installed";
  RedisServer server({"--tls-port", "second-port", "--tls-cert-file", path + "/cert.pem",
                      "--tls-key-file", path + "/key.pem", "--tls-ca-cert-file", path + "/cert.pem",
                      "--tls-auth-clients", "optional"});
  RedisOptions options{.url = "rediss://" + server.address(1),
                       .ca_file = path + "/cert.pem",
                       .server_name = "redis.test"};
  {
    TestClient client(options);
    EXPECT_EQ(client.Call("SET", {"k", std::string(100'000, 'x')}), Text("OK"));
    EXPECT_EQ(client.Call("GET", {"k"}), Text(std::string(100'000, 'x')));
  }
  options.certificate_file = path + "/cert.pem";
  options.key_file = path + "/key.pem";
  EXPECT_TRUE(TestClient(options).Works());
  options.server_name = "other.test";
  EXPECT_FALSE(TestClient(options).Works()) << "the name is another";
  options.server_name = "redis.test";
  options.ca_file.clear();
  EXPECT_FALSE(TestClient(options).Works()) << "nobody vouches for it";
}

TEST_F(TopologyTest, SentinelsTellTheNewMaster) {
  if (!testkit::ServerProcess::IsInstalled("redis-sentinel")) {
    GTEST_SKIP() << "redis-sentinel is not installed";
  }
  RedisServer first;
  RedisServer second({"--replicaof", "127.0.0.1 " + std::to_string(first.port())});
  testkit::RedisSentinel sentinel(first.port());
  // The first sentinel of the list is not there.
  RedisOptions options{.url = "redis-sentinel://127.0.0.1:1," + sentinel.address() + "/main"};
  options.silence_timeout = milliseconds(300);
  options.ping_interval = milliseconds(100);
  TestClient client(options);
  ASSERT_EQ(client.Call("SET", {"k", "1"}), Text("OK"));
  // The sentinel must know the replica and the replica the key before the master goes.
  TestClient replica(second.url());
  TestClient judge(sentinel.address().insert(0, "redis://"));
  ASSERT_TRUE(Eventually([&] {
    const auto known = judge.Call("SENTINEL REPLICAS", {"main"});
    return known && known->array() != nullptr && known->array()->size() == 1 &&
           replica.Call("GET", {"k"}) == Text("1");
  }));
  first.Stop();
  EXPECT_TRUE(Eventually([&] { return client.Call("SET", {"k", "2"}) == Text("OK"); }));
  EXPECT_EQ(replica.Call("GET", {"k"}), Text("2"));
}

// Three masters that share the slots.
class Cluster {
 public:
  Cluster() {
    for (std::size_t i = 0; i < kSize; ++i) {
      servers.push_back(std::make_unique<RedisServer>(
          std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
                                   "--cluster-port", "second-port"}));
      admins.push_back(std::make_unique<TestClient>(servers.back()->url()));
      Admin(i, "CLUSTER ADDSLOTSRANGE",
            {std::to_string(kSlotCount * i / kSize),
             std::to_string(kSlotCount * (i + 1) / kSize - 1)});
      Admin(i, "CLUSTER SET-CONFIG-EPOCH", {std::to_string(i + 1)});
    }
    for (std::size_t i = 1; i < kSize; ++i) {
      Admin(0, "CLUSTER MEET",
            {"127.0.0.1", std::to_string(servers[i]->port()), std::to_string(servers[i]->port(1))});
    }
  }

  bool IsReady() {
    return std::ranges::all_of(admins, [](const auto& admin) {
      const auto info = admin->Call("CLUSTER INFO");
      return info && info->text()->find("cluster_state:ok") != std::string::npos &&
             info->text()->find("cluster_known_nodes:3") != std::string::npos;
    });
  }

  std::string Admin(std::size_t server, std::string_view command, std::vector<std::string> words) {
    const auto reply = admins[server]->Call(command, std::move(words));
    EXPECT_TRUE(reply) << command;
    return reply && reply->text() != nullptr ? *reply->text() : "";
  }

  static constexpr std::size_t kSize = 3;
  std::vector<std::unique_ptr<RedisServer>> servers;
  std::vector<std::unique_ptr<TestClient>> admins;
};

TEST_F(TopologyTest, ClusterServesEveryKeyAndFollowsSlotsThatMove) {
  Cluster cluster;
  ASSERT_TRUE(Eventually([&] { return cluster.IsReady(); }));
  TestClient client("redis-cluster://127.0.0.1:1," + cluster.servers[0]->address());
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(client.Call("SET", {"key" + std::to_string(i), std::to_string(i)}), Text("OK"));
  }
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(client.Call("GET", {"key" + std::to_string(i)}), Text(std::to_string(i)));
  }
  EXPECT_EQ(client.client->Snapshot().size(), 3U);
  for (const auto& admin : cluster.admins) EXPECT_GT(*admin->Call("DBSIZE")->integer(), 50);
  const Script script("return redis.call('GET', KEYS[1])");
  EXPECT_EQ(client.Run(script, {"{key7}"}, {}), Reply{});
  EXPECT_EQ(client.Run(script, {"key8"}, {}), Text("8"));
  const auto apart = client.Call("MGET", {"key1", "key2"});
  ASSERT_FALSE(apart);
  EXPECT_EQ(apart.error().message, "CROSSSLOT");

  // The slot of a key moves from the first server to the second while the client does not know.
  std::string key = "a";
  while (SlotOf(key) >= kSlotCount / Cluster::kSize) key += "a";
  ASSERT_EQ(client.Call("SET", {key, "old"}), Text("OK"));
  const std::string slot = std::to_string(SlotOf(key));
  const std::string from = cluster.Admin(0, "CLUSTER MYID", {});
  const std::string to = cluster.Admin(1, "CLUSTER MYID", {});
  cluster.Admin(1, "CLUSTER SETSLOT", {slot, "IMPORTING", from});
  cluster.Admin(0, "CLUSTER SETSLOT", {slot, "MIGRATING", to});
  EXPECT_EQ(client.Call("GET", {key}), Text("old"));
  cluster.Admin(0, "MIGRATE",
                {"127.0.0.1", std::to_string(cluster.servers[1]->port()), key, "0", "5000"});
  EXPECT_EQ(client.Call("GET", {key}), Text("old")) << "by ASK";
  cluster.Admin(1, "CLUSTER SETSLOT", {slot, "NODE", to});
  cluster.Admin(0, "CLUSTER SETSLOT", {slot, "NODE", to});
  EXPECT_EQ(client.Call("GET", {key}), Text("old")) << "by MOVED";
}

TEST_F(TopologyTest, ClusterThatIsAwayIsUnavailableAndThenServes) {
  Cluster cluster;
  ASSERT_TRUE(Eventually([&] { return cluster.IsReady(); }));
  cluster.servers[2]->Stop();
  TestClient client("redis-cluster://" + cluster.servers[2]->address());
  const auto absent = client.Call("GET", {"k"});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::kUnavailable);
  cluster.servers[2]->Start();
  EXPECT_TRUE(Eventually([&] { return client.Call("SET", {"k", "v"}).has_value(); }));
}

}  // namespace
}  // namespace vedette::redis
