// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/config/live.h"
#include "kit/discovery/discovery_test_support.h"
#include "kit/testing/tcp_gate.h"

namespace vedette::discovery {
namespace {

struct Live {
  double sampling = 0.1;
  void Describe(config::Section& section) {
    section.Field("sampling", sampling, {.text = "Ratio.", .minimum = 0, .maximum = 1});
  }
};

// Live configuration from a key of a real etcd.
class EtcdSourceTest : public EtcdTest {
 protected:
  void SetUp() override {
    EtcdTest::SetUp();
    if (server_ == nullptr) return;
    live_ =
        std::make_unique<config::LiveConfig<Live>>(Live(), metrics_, background_->logger(), clock_);
  }
  void Follow() {
    gate_ = std::make_unique<testkit::TcpGate>(server_->address());
    live_->Follow(std::make_unique<EtcdSource>("vedette/live", Connect({gate_->address()}),
                                               background_, random_));
  }
  bool Becomes(double sampling) {
    return Eventually([&] { return live_->Current()->sampling == sampling; });
  }

  std::unique_ptr<testkit::TcpGate> gate_;
  std::unique_ptr<config::LiveConfig<Live>> live_;
};

TEST_F(EtcdSourceTest, TakesTheKeyAndItsChanges) {
  ASSERT_TRUE(Put("vedette/live", "sampling: 0.2"));
  Follow();
  ASSERT_TRUE(Becomes(0.2));
  ASSERT_TRUE(Put("vedette/live", "sampling: 0.3"));
  ASSERT_TRUE(Becomes(0.3));
  const auto items = Items("vedette/live");
  ASSERT_EQ(items.size(), 1U);
  EXPECT_TRUE(
      Eventually([&] { return live_->State().revision == std::to_string(items[0].mod_revision); }));
  EXPECT_EQ(live_->State().source, "etcd vedette/live");
  EXPECT_TRUE(capture_->HasMessage("live configuration changed"));
}

TEST_F(EtcdSourceTest, KeepsTheLastGoodOneThroughErrorsAndDeletion) {
  ASSERT_TRUE(Put("vedette/live", "sampling: 0.2"));
  Follow();
  ASSERT_TRUE(Becomes(0.2));
  ASSERT_TRUE(Put("vedette/live", "sampling: 7"));
  ASSERT_TRUE(Eventually([&] { return live_->State().refused == 1; }));
  EXPECT_EQ(live_->Current()->sampling, 0.2);
  ASSERT_TRUE(Delete("vedette/live"));
  ASSERT_TRUE(Eventually([&] {
    return capture_->HasMessage("there is no live configuration; the last good one stays");
  }));
  EXPECT_EQ(live_->Current()->sampling, 0.2);
  ASSERT_TRUE(Put("vedette/live", "sampling: 0.4"));
  EXPECT_TRUE(Becomes(0.4));
}

TEST_F(EtcdSourceTest, TheKeyMayComeLater) {
  Follow();
  ASSERT_TRUE(Eventually([&] {
    return capture_->HasMessage("there is no live configuration; the last good one stays");
  }));
  EXPECT_EQ(live_->Current()->sampling, 0.1);
  ASSERT_TRUE(Put("vedette/live", "sampling: 0.2"));
  EXPECT_TRUE(Becomes(0.2));
}

TEST_F(EtcdSourceTest, CatchesUpAfterACutAndACompactionAndTellsARevisionOnce) {
  ASSERT_TRUE(Put("vedette/live", "sampling: 0.2"));
  Follow();
  ASSERT_TRUE(Becomes(0.2));
  gate_->Cut();
  ASSERT_TRUE(Eventually(
      [&] { return capture_->HasMessage("the live configuration's key cannot be read"); }));
  gate_->Open();
  gate_->Cut();
  for (const char* text : {"sampling: 0.3", "sampling: 0.4", "sampling: 0.5"}) {
    ASSERT_TRUE(Put("vedette/live", text));
  }
  const auto now = Run<Result<EtcdRange>>([&] { return client_->Get("vedette/live"); });
  ASSERT_TRUE(now);
  ASSERT_TRUE(Run<Status>([&] { return client_->Compact(now->revision); }));
  gate_->Open();
  ASSERT_TRUE(Becomes(0.5));
  EXPECT_TRUE(Eventually([&] { return live_->State().accepted == 2; }));
}

// An etcd that lost its data counts its revisions from one again.
TEST_F(EtcdSourceTest, ADocumentOfTheSameRevisionMayBeAnother) {
  UseOwnServer();
  ASSERT_TRUE(Put("vedette/live", "sampling: 0.2"));
  const auto before = Items("vedette/live");
  Follow();
  ASSERT_TRUE(Becomes(0.2));
  gate_->Cut();
  server_->Stop();
  std::filesystem::remove_all(server_->folder() / "data");
  server_->Start();
  ASSERT_TRUE(PutsAgain("vedette/live", "sampling: 0.3"));
  const auto after = Items("vedette/live");
  ASSERT_EQ(before.size(), 1U);
  ASSERT_EQ(after.size(), 1U);
  ASSERT_EQ(before[0].mod_revision, after[0].mod_revision);
  gate_->Open();
  EXPECT_TRUE(Becomes(0.3));
}

TEST_F(EtcdSourceTest, EndsWithItsConfiguration) {
  Follow();
  live_.reset();
  EXPECT_TRUE(Put("vedette/live", "sampling: 0.2"));
}

}  // namespace
}  // namespace vedette::discovery
