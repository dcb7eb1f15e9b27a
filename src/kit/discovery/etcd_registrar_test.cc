// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_registrar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/discovery/discovery_test_support.h"
#include "kit/testing/tcp_gate.h"

namespace vedette::discovery {
namespace {

using testing::IsEmpty;

class EtcdRegistrarTest : public EtcdTest {
 protected:
  bool Shows(std::size_t instances) {
    return Eventually([&] { return Items().size() == instances; });
  }
  std::int64_t LeaseNow() {
    const auto items = Items();
    return items.empty() ? 0 : items.front().lease;
  }
  bool HasAnotherLeaseThan(std::int64_t before) {
    return Eventually([&] {
      const std::int64_t lease = LeaseNow();
      return lease != 0 && lease != before;
    });
  }
  bool IsForgotten(std::int64_t lease) {
    const auto found = Run<Result<EtcdLease>>([&] { return client_->Lookup(lease); });
    return found && found->left.count() == 0;
  }
};

TEST_F(EtcdRegistrarTest, RegistersIsSeenAndDeregisters) {
  const auto resolver = MakeResolver();
  const auto registrar = MakeRegistrar("one");
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Eventually([&] { return resolver->Current() == Instances{"10.0.0.1:90"}; }));
  const auto items = Items();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].key, "vedette/trial/one");
  EXPECT_NE(items[0].lease, 0);
  Deregister(*registrar);
  EXPECT_THAT(Items(), IsEmpty());
  EXPECT_TRUE(IsForgotten(items[0].lease));
  const Status again = Register(*registrar, "10.0.0.1:90");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kFailedPrecondition);
}

TEST_F(EtcdRegistrarTest, TwoInstancesAndTwoServices) {
  const auto resolver = MakeResolver();
  const auto one = MakeRegistrar("one");
  const auto two = MakeRegistrar("two");
  ASSERT_TRUE(Register(*one, "10.0.0.1:90"));
  ASSERT_TRUE(Register(*two, "10.0.0.2:90"));
  ASSERT_TRUE(
      Eventually([&] { return resolver->Current() == Instances{"10.0.0.1:90", "10.0.0.2:90"}; }));
  ASSERT_TRUE(Register(*one, "10.0.0.1:90", "subject"));
  ASSERT_TRUE(Eventually([&] { return Items("vedette/subject/").size() == 1; }));
  Deregister(*one);
  EXPECT_THAT(Items("vedette/subject/"), IsEmpty());
  ASSERT_TRUE(Eventually([&] { return resolver->Current() == Instances{"10.0.0.2:90"}; }));
}

TEST_F(EtcdRegistrarTest, ASecondRegistrationOfAServiceReplacesTheFirst) {
  const auto registrar = MakeRegistrar("one");
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:91"));
  EXPECT_TRUE(Eventually([&] {
    const auto items = Items();
    return items.size() == 1 && items[0].value == "10.0.0.1:91";
  }));
}

TEST_F(EtcdRegistrarTest, RefusesWhatIsNoNameOrAddress) {
  const auto registrar = MakeRegistrar("one");
  EXPECT_FALSE(Register(*registrar, "10.0.0.1:90", "a/b"));
  EXPECT_FALSE(Register(*registrar, "10.0.0.1"));
  EXPECT_FALSE(Register(*registrar, "10.0.0.1:90", ""));
  EXPECT_THAT(Items("vedette/"), IsEmpty());
}

TEST_F(EtcdRegistrarTest, KeepsItsLeaseAlive) {
  const auto registrar = MakeRegistrar("one", nullptr, std::chrono::seconds(6));
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  const std::int64_t lease = LeaseNow();
  const auto left = [&] {
    const auto found = Run<Result<EtcdLease>>([&] { return client_->Lookup(lease); });
    return found ? found->left.count() : 0;
  };
  // What is left of it shrinks, and grows again.
  ASSERT_TRUE(Eventually([&] { return left() <= 4; }));
  ASSERT_TRUE(Eventually([&] { return left() > 4; }));
  EXPECT_EQ(LeaseNow(), lease);
}

// Lease expiry when the process is gone without a word.
TEST_F(EtcdRegistrarTest, AKeyDoesNotOutliveItsProcess) {
  auto registrar = MakeRegistrar("one", nullptr, kShortLease);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  registrar.reset();
  EXPECT_TRUE(Shows(0));
}

// §3.7: every put again is under a new lease.
TEST_F(EtcdRegistrarTest, AKeyThatWasDeletedComesBackUnderANewLease) {
  const auto registrar = MakeRegistrar("one", nullptr, kBriskLease);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  const std::int64_t before = LeaseNow();
  ASSERT_TRUE(Delete("vedette/trial/one"));
  EXPECT_TRUE(HasAnotherLeaseThan(before));
  EXPECT_TRUE(Eventually([&] { return IsForgotten(before); }));
}

// A key written without a lease would stay for ever: it is taken back.
TEST_F(EtcdRegistrarTest, AKeyThatSomebodyElsePutIsTakenBack) {
  const auto registrar = MakeRegistrar("one", nullptr, kBriskLease);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  ASSERT_TRUE(Put("vedette/trial/one", "10.6.6.6:90"));
  ASSERT_TRUE(Eventually([&] {
    const auto items = Items();
    return items.size() == 1 && items[0].lease != 0 && items[0].value == "10.0.0.1:90";
  }));
  Deregister(*registrar);
  EXPECT_THAT(Items(), IsEmpty());
}

TEST_F(EtcdRegistrarTest, ALostLeaseHeals) {
  const auto registrar = MakeRegistrar("one", nullptr, kBriskLease);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  const std::int64_t before = LeaseNow();
  ASSERT_TRUE(Run<Status>([&] { return client_->Revoke(before); }));
  EXPECT_TRUE(HasAnotherLeaseThan(before));
}

TEST_F(EtcdRegistrarTest, RegistersOnceEtcdIsThere) {
  server_->Stop();
  const auto registrar = MakeRegistrar("one");
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  server_->Start();
  EXPECT_TRUE(HasAnotherLeaseThan(0));
}

TEST_F(EtcdRegistrarTest, HealsAfterEtcdWasKilled) {
  const auto resolver = MakeResolver();
  const auto registrar = MakeRegistrar("one");
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Eventually([&] { return resolver->Current() == Instances{"10.0.0.1:90"}; }));
  server_->Stop();
  server_->Start();
  EXPECT_TRUE(HasAnotherLeaseThan(0));
  // The list was never empty meanwhile.
  EXPECT_EQ(resolver->Current(), Instances{"10.0.0.1:90"});
}

// The process is cut off for longer than its lease lasts: etcd forgets it, and learns it again.
TEST_F(EtcdRegistrarTest, HealsAfterACutThatOutlastedTheLease) {
  testkit::TcpGate gate(server_->address());
  const auto registrar = MakeRegistrar("one", Connect({gate.address()}), kShortLease);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  const std::int64_t before = LeaseNow();
  gate.Cut();
  ASSERT_TRUE(Shows(0));
  gate.Open();
  EXPECT_TRUE(HasAnotherLeaseThan(before));
}

TEST_F(EtcdRegistrarTest, HealsAfterASilenceThatOutlastedTheLease) {
  testkit::TcpGate gate(server_->address());
  const auto registrar = MakeRegistrar("one", Connect({gate.address()}, kImpatience), kShortLease);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  gate.Hang();
  ASSERT_TRUE(Shows(0));
  gate.Open();
  EXPECT_TRUE(HasAnotherLeaseThan(0));
}

// The server restarts with its data gone: nothing of before counts there.
TEST_F(EtcdRegistrarTest, HealsWhenEtcdLostItsData) {
  const auto resolver = MakeResolver();
  const auto registrar = MakeRegistrar("one", nullptr, kBriskLease);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Eventually([&] { return resolver->Current() == Instances{"10.0.0.1:90"}; }));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put("elsewhere", "x"));
  server_->Stop();
  std::filesystem::remove_all(server_->folder() / "data");
  server_->Start();
  ASSERT_TRUE(Shows(1));
  const auto second = MakeRegistrar("two");
  ASSERT_TRUE(Register(*second, "10.0.0.2:90"));
  EXPECT_TRUE(
      Eventually([&] { return resolver->Current() == Instances{"10.0.0.1:90", "10.0.0.2:90"}; }));
}

// A process that stops has little time, whatever time a call to etcd has.
TEST_F(EtcdRegistrarTest, DeregisteringIsBoundedWhenEtcdHangs) {
  testkit::TcpGate gate(server_->address());
  const auto registrar =
      MakeRegistrar("one", Connect({gate.address()}, std::chrono::seconds(60)), kShortLease);
  ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
  ASSERT_TRUE(Shows(1));
  gate.Hang();
  const SteadyTime begin = clock_.SteadyNow();
  Deregister(*registrar, std::chrono::milliseconds(100));
  EXPECT_LT(clock_.SteadyNow() - begin, std::chrono::seconds(30)) << "not by the call's own limit";
  EXPECT_TRUE(
      capture_->HasMessage("not deregistered from etcd; the registration ends with its lease"));
  // Nothing keeps the lease alive, also once etcd can be reached again.
  gate.Open();
  EXPECT_TRUE(Shows(0));
}

// Deregister comes while the first put may be under way.
TEST_F(EtcdRegistrarTest, NothingComesBackAfterDeregister) {
  for (int i = 0; i < 20; ++i) {
    const auto registrar = MakeRegistrar("n" + std::to_string(i));
    ASSERT_TRUE(Register(*registrar, "10.0.0.1:90"));
    Deregister(*registrar);
    Deregister(*registrar);
  }
  EXPECT_TRUE(Shows(0));
}

}  // namespace
}  // namespace vedette::discovery
