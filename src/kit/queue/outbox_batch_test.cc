// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox_batch.h"

#include <gmock/gmock.h>

#include <string>

namespace vedette::queue {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr BackoffOptions kBackoff{.first = 1s, .longest = 8s};

OutboxRow Row(std::int64_t sequence, std::string key, std::int64_t failures = 0) {
  OutboxRow row;
  row.sequence = sequence;
  row.key = std::move(key);
  row.failures = failures;
  return row;
}

OutboxOutcome Outcome(const std::vector<KeyBatch>& batches) {
  SeededRandom random(5);
  return OutcomeOf(batches, kBackoff, random, Timestamp());
}

TEST(OutboxBatchTest, MessagesOfAKeyKeepTheirOrder) {
  const auto batches = ByKey({Row(1, "b"), Row(2, "a"), Row(3, "b")});
  ASSERT_EQ(batches.size(), 2U);
  ASSERT_EQ(batches[0].messages.size(), 2U);
  EXPECT_EQ(batches[0].messages[0].sequence, 1);
  EXPECT_EQ(batches[0].messages[1].sequence, 3);
  EXPECT_EQ(batches[1].messages[0].key, "a");
}

TEST(OutboxBatchTest, WhatWasPublishedGoesAndAKeyThatWentOnIsReleased) {
  const auto outcome = Outcome({{{Row(1, "a", 3), Row(2, "a")}, 2, false}});
  EXPECT_THAT(outcome.published, ElementsAre(1, 2));
  EXPECT_THAT(outcome.released, ElementsAre("a"));
  EXPECT_THAT(outcome.held, IsEmpty());
}

TEST(OutboxBatchTest, AKeyWhoseTurnDidNotComeStaysAsItIs) {
  const auto outcome = Outcome({{{Row(1, "a", 3)}, 0, false}});
  EXPECT_THAT(outcome.published, IsEmpty());
  EXPECT_THAT(outcome.released, IsEmpty());
  EXPECT_THAT(outcome.held, IsEmpty());
}

TEST(OutboxBatchTest, AFailureCountsOnUnlessThereWasProgressAndNeverWaitsLongerThanTheLongest) {
  const auto again = Outcome({{{Row(1, "a", 3)}, 0, true}});
  ASSERT_EQ(again.held.size(), 1U);
  EXPECT_EQ(again.held[0].sequence, 1);
  EXPECT_EQ(again.held[0].failures, 4);
  const auto late = Outcome({{{Row(1, "a", 1'000'000)}, 0, true}});
  EXPECT_LE(late.held[0].until, Timestamp() + 8s);
  const auto progress = Outcome({{{Row(1, "a", 3), Row(2, "a")}, 1, true}});
  EXPECT_THAT(progress.published, ElementsAre(1));
  EXPECT_EQ(progress.held[0].sequence, 2);
  EXPECT_EQ(progress.held[0].failures, 1);
  EXPECT_LE(progress.held[0].until, Timestamp() + 1s);
}

}  // namespace
}  // namespace vedette::queue
