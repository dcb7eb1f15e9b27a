// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox_relay.h"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>

#include "kit/queue/outbox_table.h"
#include "kit/queue/queue_test_support.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;

constexpr db::Sql kCountMessages("test_count_messages", "SELECT COUNT(*) FROM vedette_outbox");

// Remembers what was published; refuses the keys it is told to.
class Listener final : public Publisher {
 public:
  Task<Status> Publish(Message message) override {
    {
      const std::lock_guard lock(mutex_);
      if (throws_) throw std::runtime_error("broken");
      if (aborts_) throw boost::system::system_error(boost::asio::error::operation_aborted);
      if (refused_.contains(message.key)) co_return Fail(Code::kUnavailable, "not now");
    }
    co_await Yield();
    const std::lock_guard lock(mutex_);
    by_key_[message.key].push_back(message.payload);
    last_ = std::move(message);
    ++count_;
    co_return Status();
  }

  void Refuse(const std::string& key) {
    const std::lock_guard lock(mutex_);
    refused_.insert(key);
  }
  void Accept(const std::string& key) {
    const std::lock_guard lock(mutex_);
    refused_.erase(key);
  }
  void Throw(bool throws) {
    const std::lock_guard lock(mutex_);
    throws_ = throws;
  }
  void Abort(bool aborts) {
    const std::lock_guard lock(mutex_);
    aborts_ = aborts;
  }
  int count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  std::vector<std::string> Of(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? std::vector<std::string>() : found->second;
  }
  Message last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> refused_;
  bool throws_ = false;
  bool aborts_ = false;
  int count_ = 0;
  Message last_;
  std::map<std::string, std::vector<std::string>> by_key_;
};

Task<Status> AddAll(db::Database* database,
                    const Outbox* outbox,
                    std::vector<OutboxMessage> messages,
                    bool commit) {
  VEDETTE_CO_TRY(const auto transaction, co_await database->BeginWrite(Later()));
  VEDETTE_CO_CHECK_OK(co_await outbox->Add(*transaction, std::move(messages)));
  if (commit) VEDETTE_CO_CHECK_OK(co_await transaction->Commit());
  co_return Status();
}

class OutboxRelayTest : public QueueTest {
 protected:
  static OutboxRelayOptions Options() {
    OutboxRelayOptions options;
    options.batch = 7;
    options.poll = 10ms;
    options.observe = 10ms;
    options.backoff = {.first = 1min, .longest = 1h};
    return options;
  }

  ~OutboxRelayTest() override {
    for (const auto& relay : relays_) Stop(*relay);
  }
  OutboxRelay& Make(Outbox& outbox, OutboxRelayOptions options = Options()) {
    relays_.push_back(
        std::make_unique<OutboxRelay>("test", options,
                                      OutboxRelay::Dependencies{.database = faulty_,
                                                                .outbox = outbox,
                                                                .publisher = listener_,
                                                                .runtime = runtime_,
                                                                .clock = clock_,
                                                                .random = random_,
                                                                .tracer = tracer_,
                                                                .metrics = metrics_,
                                                                .logger = Logger()}));
    return *relays_.back();
  }
  void Stop(OutboxRelay& relay) {
    runtime_.RunBlocking([&] { return relay.Stop(); });
  }
  void Add(const std::string& key, const std::string& payload, bool commit = true) {
    std::vector<OutboxMessage> messages(1);
    messages[0] = {.topic = "t", .key = key, .payload = payload, .created_at = clock_.Now()};
    ASSERT_TRUE(Run(AddAll(database_.get(), &outbox_, std::move(messages), commit)));
  }
  bool Published(int count) {
    return Eventually([&] { return listener_.count() >= count && Number(kCountMessages) == 0; });
  }

  FaultyDatabase faulty_{*database_};
  Outbox outbox_;
  Outbox other_process_;
  Listener listener_;
  std::vector<std::unique_ptr<OutboxRelay>> relays_;
};

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

TEST_P(OutboxRelayTest, AFailureHoldsItsKeyAloneAndIsTriedAgainInOrder) {
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

TEST_P(OutboxRelayTest, APublisherThatThrowsIsAFailure) {
  listener_.Throw(true);
  Add("a", "1");
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Snapshot().failures == 1; }));
  listener_.Throw(false);
  clock_.Advance(1min);
  EXPECT_TRUE(Published(1));
}

TEST_P(OutboxRelayTest, APublisherThatWasClosedIsAFailureAndNotTheEndOfTheRelay) {
  listener_.Abort(true);
  Add("a", "1");
  OutboxRelay& relay = Make(outbox_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Snapshot().failures == 1; }));
  listener_.Abort(false);
  clock_.Advance(1min);
  EXPECT_TRUE(Published(1));
}

TEST_P(OutboxRelayTest, AStatementThatThrowsEndsNothing) {
  for (const char* statement : {"outbox_read", "outbox_take_lease", "outbox_lag"}) {
    faulty_.Break(statement, FaultyDatabase::Fault::kThrow, 1);
    const int before = listener_.count();
    Add("a", "1");
    if (relays_.empty()) Make(outbox_).Start();
    ASSERT_TRUE(Published(before + 1)) << statement;
    clock_.Advance(1min);
  }
}

TEST_P(OutboxRelayTest, AMessageThatHoldsBackItsKeyIsSeenAndCanBeSkipped) {
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

TEST_P(OutboxRelayTest, AMessageSkippedWhileItWasTriedHoldsNothingBack) {
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

TEST_P(OutboxRelayTest, AStopThatIsCancelledWaitsForTheRelayAllTheSame) {
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

TEST_P(OutboxRelayTest, TheLeaseOfAProcessThatIsGoneRunsOut) {
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
