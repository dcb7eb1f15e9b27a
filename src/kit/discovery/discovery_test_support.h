// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "kit/discovery/background.h"
#include "kit/discovery/etcd_client.h"
#include "kit/discovery/etcd_registrar.h"
#include "kit/discovery/etcd_resolver.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/etcd.h"
#include "kit/testing/eventually.h"
#include "kit/testing/log_capture.h"

namespace vedette::discovery {

using testkit::Eventually;

// The lists that a resolver told, in order.
class HeardLists {
 public:
  explicit HeardLists(Resolver& resolver)
      : subscription_(resolver.Subscribe([this](const Instances& now) {
          const std::scoped_lock lock(mutex_);
          lists_.push_back(now);
        })) {}

  std::vector<Instances> lists() const {
    const std::scoped_lock lock(mutex_);
    return lists_;
  }
  Instances last() const {
    const std::scoped_lock lock(mutex_);
    return lists_.empty() ? Instances() : lists_.back();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Instances> lists_;
  std::unique_ptr<Subscription> subscription_;
};

// What every loop stands on.
class DiscoveryTest : public testing::Test {
 protected:
  SystemClock clock_;
  SeededRandom random_{7};
  MetricsRegistry metrics_;
  std::shared_ptr<LogCapture> capture_ = std::make_shared<LogCapture>();
  std::shared_ptr<Background> background_ =
      std::make_shared<Background>(Logger(capture_, clock_, LogLevel::kDebug));
};

// Of a call that is to succeed, however slow the machine is.
inline constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(20);
// Of a call whose failure a test waits for.
inline constexpr std::chrono::milliseconds kImpatience{300};
// The shortest that etcd grants, for what waits for a lease's end, and one that is looked after
// often. On a slow machine both may end while they are held.
inline constexpr std::chrono::milliseconds kShortLease = std::chrono::seconds(1);
inline constexpr std::chrono::milliseconds kBriskLease = std::chrono::seconds(2);

// With a real etcd, which the tests of this process share; each begins with no key in it.
class EtcdTest : public DiscoveryTest {
 protected:
  void SetUp() override {
    if (!testkit::EtcdServer::IsInstalled()) GTEST_SKIP() << "etcd is not installed";
    static testkit::EtcdServer shared;
    server_ = &shared;
    server_->Start();  // in case that a test failed that had stopped it
    client_ = Connect({server_->address()});
    for (const char* prefix : {"vedette/", "p/", "q", "elsewhere"}) {
      for (const EtcdItem& item : Items(prefix)) ASSERT_TRUE(Delete(item.key));
    }
  }
  // For a test that leaves more behind than keys.
  void UseOwnServer(std::vector<std::string> arguments = {}) {
    own_server_ = std::make_unique<testkit::EtcdServer>(std::move(arguments));
    server_ = own_server_.get();
    client_ = Connect({server_->address()});
  }

  std::shared_ptr<EtcdClient> Connect(std::vector<std::string> endpoints,
                                      std::chrono::milliseconds timeout = kPatience,
                                      std::chrono::milliseconds silence = std::chrono::seconds(1)) {
    EtcdOptions options;
    options.endpoints = std::move(endpoints);
    options.timeout = timeout;
    options.silence = silence;
    auto client = EtcdClient::Create(options, clock_);
    EXPECT_TRUE(client);
    return *client;
  }

  template <class T>
  T Run(std::move_only_function<Task<T>()> work) {
    return Await<T>(background_->runtime(), std::move(work));
  }

  Status Put(std::string key, std::string value) {
    return Run<Status>([&] { return client_->Put(key, value); });
  }
  Status Delete(std::string key) {
    return Run<Status>([&] { return client_->Delete(key); });
  }
  std::vector<EtcdItem> Items(std::string prefix = "vedette/trial/") {
    auto range = Run<Result<EtcdRange>>([&] { return client_->List(prefix); });
    return range ? range->items : std::vector<EtcdItem>();
  }
  // Retries while etcd comes up or the client finds its way back.
  bool PutsAgain(const std::string& key, const std::string& value) {
    return Eventually([&] { return Put(key, value).has_value(); });
  }

  std::unique_ptr<EtcdResolver> MakeResolver(std::shared_ptr<EtcdClient> client = nullptr) {
    return std::make_unique<EtcdResolver>("etcd:trial", "vedette/trial/",
                                          client == nullptr ? client_ : client, background_,
                                          random_, metrics_, clock_);
  }
  std::unique_ptr<EtcdRegistrar> MakeRegistrar(
      std::string instance,
      std::shared_ptr<EtcdClient> client = nullptr,
      std::chrono::milliseconds lease = std::chrono::seconds(10)) {
    return std::make_unique<EtcdRegistrar>(
        EtcdRegistrarOptions{.lease = lease, .instance = std::move(instance)},
        client == nullptr ? client_ : client, background_, random_, metrics_,
        [](std::string_view) -> std::optional<std::string> { return std::nullopt; });
  }
  Status Register(Registrar& registrar, std::string address, std::string service = "trial") {
    return Run<Status>([&] { return registrar.Register(service, address); });
  }
  void Deregister(Registrar& registrar,
                  std::chrono::milliseconds patience = std::chrono::seconds(60)) {
    background_->runtime().RunBlocking(
        [&] { return registrar.Deregister(clock_.SteadyNow() + patience); });
  }

  testkit::EtcdServer* server_ = nullptr;
  std::unique_ptr<testkit::EtcdServer> own_server_;
  std::shared_ptr<EtcdClient> client_;
};

}  // namespace vedette::discovery
