// SPDX-License-Identifier: Apache-2.0
// What an outbox does when publishing fails, a statement breaks, or a relay is gone.
#include <gtest/gtest.h>

#include "kit/queue/outbox_held.h"
#include "kit/queue/outbox_relay_fixture.h"
#include "kit/queue/outbox_table.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;

class OutboxFailureTest : public OutboxRelayTest {};

TEST_P(OutboxFailureTest, AFailureHoldsItsKeyAloneAndIsTriedAgainInOrder) {
  listener_.Refuse("bad");
  Add("bad", "1");
  Add("bad", "2");
  for (int i = 0; i < 20; ++i) Add("good", std::to_string(i));
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return listener_.count() == 20; }));
  ASSERT_TRUE(Eventually([&] { return relay.Snapshot().held_keys == 1; }));
  ASSERT_TRUE(Eventually([&] { return relay.Snapshot().waiting == 2; }));
  EXPECT_TRUE(listener_.Of("bad").empty());

  Add("bad", "3");  // may not overtake
  listener_.Accept("bad");
  clock_.Advance(1min);
  ASSERT_TRUE(Published(23));
  EXPECT_EQ(listener_.Of("bad"), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_TRUE(Eventually([&] { return relay.Snapshot().held_keys == 0; }));
}

TEST_P(OutboxFailureTest, APublisherThatThrowsIsAFailure) {
  listener_.Throw(true);
  Add("a", "1");
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Snapshot().failures == 1; }));
  listener_.Throw(false);
  clock_.Advance(1min);
  EXPECT_TRUE(Published(1));
}

TEST_P(OutboxFailureTest, APublisherThatWasClosedIsAFailureAndNotTheEndOfTheRelay) {
  listener_.Abort(true);
  Add("a", "1");
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Snapshot().failures == 1; }));
  listener_.Abort(false);
  clock_.Advance(1min);
  EXPECT_TRUE(Published(1));
}

TEST_P(OutboxFailureTest, AStatementThatThrowsEndsNothing) {
  for (const char* statement : {"outbox_read", "outbox_take_lease", "outbox_lag"}) {
    faulty_.Break(statement, FaultyDatabase::Fault::kThrow, 1);
    const int before = listener_.count();
    Add("a", "1");
    if (relays_.empty()) Make(outbox_).Start();
    ASSERT_TRUE(Published(before + 1)) << statement;
    clock_.Advance(1min);
  }
}

TEST_P(OutboxFailureTest, AMessageThatHoldsBackItsKeyIsSeenAndCanBeSkipped) {
  listener_.Refuse("bad");
  Add("bad", "poison");
  Add("bad", "next");
  Add("good", "1");
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Snapshot().held.size() == 1; }));
  const HeldMessage held = relay.Snapshot().held[0];
  EXPECT_EQ(held.topic, "t");
  EXPECT_EQ(held.failures, 1);
  EXPECT_EQ(held.created_at, clock_.Now());
  EXPECT_NE(metrics_.Expose().find(R"(vedette_outbox_held_keys{service="test"} 1)"),
            std::string::npos);

  // Only what holds back others is skipped: not what is behind it, nor what is not there.
  EXPECT_EQ(Run(SkipMessage(*database_, held.sequence + 1, Later())).error().code, Code::kNotFound);
  EXPECT_EQ(Run(SkipMessage(*database_, 999, Later())).error().code, Code::kNotFound);
  listener_.Accept("bad");
  ASSERT_TRUE(Run(SkipMessage(*database_, held.sequence, Later())));
  EXPECT_TRUE(Published(2));
  EXPECT_EQ(listener_.Of("bad"), std::vector<std::string>{"next"});
  EXPECT_TRUE(Eventually([&] { return relay.Snapshot().held_keys == 0; }));
  EXPECT_TRUE(relay.Snapshot().held.empty());
}

TEST_P(OutboxFailureTest, AMessageSkippedWhileItWasTriedHoldsNothingBack) {
  Add("a", "1");
  const Uuid owner = NewUuid(clock_.Now());
  ASSERT_TRUE(*Run(TakeLease(*database_, owner, clock_.Now(), clock_.Now() + 10s, Later())));
  const auto rows = Run(ReadOutbox(*database_, 10, clock_.Now(), Later())).value();
  ASSERT_EQ(rows.size(), 1U);
  OutboxOutcome failed;
  failed.held.push_back({rows[0].sequence, 1, clock_.Now() + 1s});
  ASSERT_TRUE(*Run(WriteOutcome(*database_, owner, clock_.Now() + 10s, failed, Later())));
  EXPECT_EQ(Run(ReadLag(*database_, Later()))->held_keys, 1);
  ASSERT_TRUE(Run(SkipMessage(*database_, rows[0].sequence, Later())));
  ASSERT_TRUE(*Run(WriteOutcome(*database_, owner, clock_.Now() + 10s, failed, Later())));
  EXPECT_EQ(Run(ReadLag(*database_, Later()))->held_keys, 0);
}

Task<void> StopCancelled(OutboxRelay* relay) {
  const Signal ended;
  Canceller canceller;
  Spawn(
      co_await CurrentExecutor(), [relay] { return relay->Stop(); },
      [ended](std::exception_ptr) { ended.Set(); }, canceller);
  canceller.Cancel();
  co_await ended.Wait();
}

TEST_P(OutboxFailureTest, AStopThatIsCancelledWaitsForTheRelayAllTheSame) {
  for (int i = 0; i < 10; ++i) Add("a", std::to_string(i));
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return listener_.count() > 0; }));
  runtime_.RunBlocking([&] { return StopCancelled(&relay); });
  EXPECT_FALSE(relay.Snapshot().leading);
  const int count = listener_.count();
  Add("a", "late");
  EXPECT_EQ(listener_.count(), count);
}

TEST_P(OutboxFailureTest, TheLeaseOfAProcessThatIsGoneRunsOut) {
  const Uuid gone = NewUuid(clock_.Now());
  ASSERT_TRUE(*Run(TakeLease(*database_, gone, clock_.Now(), clock_.Now() + 10s, Later())));
  Add("a", "1");
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Snapshot().waiting == 1; }));
  EXPECT_FALSE(relay.Snapshot().leading);
  clock_.Advance(11s);
  EXPECT_TRUE(Published(1));
  // The one that comes back late writes nothing.
  OutboxOutcome outcome;
  outcome.published.push_back(1);
  EXPECT_FALSE(*Run(WriteOutcome(*database_, gone, clock_.Now() + 10s, outcome, Later())));
}

VEDETTE_ON_BOTH_DATABASES(OutboxFailureTest);

}  // namespace
}  // namespace vedette::queue
