// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox_relay.h"

#include <gtest/gtest.h>

#include "kit/queue/outbox_relay_fixture.h"

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;

TEST_P(OutboxRelayTest, PublishesEachKeyInOrderAndDeletes) {
  for (int i = 0; i < 30; ++i) Add(i % 3 == 0 ? "a" : "b", std::to_string(i));
  Make(outbox_).Start();
  ASSERT_TRUE(Published(30));
  std::vector<std::string> a;
  std::vector<std::string> b;
  for (int i = 0; i < 30; ++i) (i % 3 == 0 ? a : b).push_back(std::to_string(i));
  EXPECT_EQ(listener_.Of("a"), a);
  EXPECT_EQ(listener_.Of("b"), b);
  EXPECT_EQ(relays_[0]->Snapshot().published, 30U);
}

TEST_P(OutboxRelayTest, WhatWasNotCommittedIsNeverPublished) {
  Add("a", "rolled back", false);
  Add("a", "committed");
  Make(outbox_).Start();
  ASSERT_TRUE(Published(1));
  EXPECT_EQ(listener_.Of("a"), std::vector<std::string>{"committed"});
}

TEST_P(OutboxRelayTest, ACommitWakesTheRelayOfTheSameProcess) {
  OutboxRelayOptions never_polls = Options();
  never_polls.poll = 1h;
  Make(outbox_, never_polls).Start();
  for (int i = 1; i <= 3; ++i) {
    Add("a", "x");
    ASSERT_TRUE(Published(i));
  }
}

TEST_P(OutboxRelayTest, OneRelayAtATimeAndTheOtherTakesOverAtOnceAfterAStop) {
  OutboxRelay& first = Make(outbox_);
  OutboxRelay& second = Make(other_process_);
  Add("a", "0");
  first.Start();
  ASSERT_TRUE(Eventually([&] { return first.Snapshot().leading; }));
  second.Start();
  for (int i = 1; i < 30; ++i) Add("a", std::to_string(i));
  ASSERT_TRUE(Published(30));
  EXPECT_FALSE(second.Snapshot().leading);
  EXPECT_EQ(listener_.count(), 30);
  Stop(first);
  Add("a", "30");
  EXPECT_TRUE(Published(31));
  EXPECT_TRUE(second.Snapshot().leading);
}

TEST_P(OutboxRelayTest, TheLagIsSeen) {
  listener_.Refuse("a");
  Add("a", "1");
  clock_.Advance(5s);
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  EXPECT_TRUE(Eventually([&] { return relay.Snapshot().oldest >= 5s; }));
  EXPECT_NE(metrics_.Expose().find(R"(vedette_outbox_oldest_seconds{service="test"} 5)"),
            std::string::npos);
}

TEST_P(OutboxRelayTest, TheTraceTravelsInTheRow) {
  const TraceContext asked = TraceContext().Child();
  std::vector<OutboxMessage> messages(1);
  messages[0] = {
      .topic = "t", .key = "a", .payload = "1", .created_at = clock_.Now(), .trace = asked};
  ASSERT_TRUE(Run(AddAll(database_.get(), &outbox_, std::move(messages), true)));
  Make(outbox_).Start();
  ASSERT_TRUE(Published(1));
  const auto span = tracer_.Find("outbox.publish");
  ASSERT_TRUE(span);
  EXPECT_EQ(span->context.trace_id, asked.trace_id);
  EXPECT_EQ(span->parent_span_id, asked.span_id);
  EXPECT_EQ(listener_.last().deadline.trace.span_id, span->context.span_id);
  EXPECT_EQ(listener_.last().topic, "t");
}

VEDETTE_ON_BOTH_DATABASES(OutboxRelayTest);

}  // namespace
}  // namespace vedette::queue
