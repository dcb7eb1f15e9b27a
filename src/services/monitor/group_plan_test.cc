// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/group_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace vedette::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

PreparedEvent Row(int key, int content) {
  PreparedEvent event;
  event.key[15] = static_cast<std::uint8_t>(key);
  event.content[0] = static_cast<std::uint8_t>(content);
  return event;
}

using Rows = std::vector<std::pair<int, int>>;  // key, content

std::shared_ptr<const RecordBatch> Batch(const Rows& rows) {
  auto batch = std::make_shared<RecordBatch>();
  for (const auto& [key, content] : rows) batch->events.push_back(Row(key, content));
  return batch;
}

TEST(GroupPlan, InsertsEachKeyOnce) {
  const std::vector batches{Batch({{1, 1}, {1, 1}, {2, 1}}), Batch({{2, 1}, {3, 1}})};
  const GroupPlan plan(batches);
  EXPECT_THAT(plan.firsts(), SizeIs(3));
  const auto judgement = plan.Judge();
  EXPECT_FALSE(judgement.undo);
  EXPECT_THAT(judgement.recorded, ElementsAre(0, 1, 2));
  EXPECT_EQ(judgement.answers[0]->recorded, 2);
  EXPECT_EQ(judgement.answers[0]->duplicates, 1);
  EXPECT_EQ(judgement.answers[1]->recorded, 1);
  EXPECT_EQ(judgement.answers[1]->duplicates, 1);
}

TEST(GroupPlan, ALoneRowThatConflictsNeedsNoUndoing) {
  const std::vector batches{Batch({{1, 1}}), Batch({{1, 2}})};
  GroupPlan plan(batches);
  const auto judgement = plan.Judge();
  EXPECT_FALSE(judgement.undo);
  EXPECT_TRUE(judgement.answers[0]);
  EXPECT_EQ(judgement.answers[1].error().code, Code::kConflict);
}

TEST(GroupPlan, WhatTheLogHoldsDecides) {
  const std::vector batches{Batch({{1, 1}}), Batch({{1, 2}})};
  GroupPlan plan(batches);
  ShortHash stored{};
  stored[0] = 2;
  plan.StoredAlready(0, stored);
  const auto judgement = plan.Judge();
  EXPECT_FALSE(judgement.undo);
  EXPECT_FALSE(judgement.answers[0]);
  ASSERT_TRUE(judgement.answers[1]);
  EXPECT_EQ(judgement.answers[1]->duplicates, 1);
}

TEST(GroupPlan, WaitsForTheNextPlanWhereARefusedBatchWasFirst) {
  // The first batch conflicts with itself; the second contradicts only what is undone with it.
  const std::vector batches{Batch({{1, 1}, {2, 1}, {2, 2}}), Batch({{1, 9}})};
  const GroupPlan plan(batches);
  const auto judgement = plan.Judge();
  EXPECT_TRUE(judgement.undo);
  EXPECT_FALSE(judgement.answers[0]);
  EXPECT_TRUE(judgement.answers[1]);
  EXPECT_EQ(judgement.answers[0].error().violations.at(0).field, "events[2].idempotencyKey");
}

// What the log would do with the batches one after another.
struct Reference {
  std::map<int, int> log;

  bool Take(const Rows& rows) {
    std::map<int, int> with = log;
    for (const auto& [key, content] : rows) {
      if (with.try_emplace(key, content).first->second != content) return false;
    }
    log = with;
    return true;
  }
};

TEST(GroupPlan, AgreesWithWritingOneAfterAnother) {
  std::mt19937 random(20261120);
  const auto below = [&](int limit) { return static_cast<int>(random() % limit); };
  for (int round = 0; round < 3000; ++round) {
    Reference reference;
    for (int key = 0; key < 8; ++key) {
      if (below(4) == 0) reference.log[key] = below(2);
    }
    std::map<int, int> log = reference.log;
    std::vector<Rows> all;
    for (int b = 1 + below(6); b > 0; --b) {
      Rows& rows = all.emplace_back();
      for (int r = 1 + below(4); r > 0; --r) rows.emplace_back(below(8), below(8) == 0 ? 1 : 0);
    }
    std::vector<bool> expected;
    for (const Rows& rows : all) expected.push_back(reference.Take(rows));

    // As the log writer goes about it.
    std::vector<bool> taken(all.size(), true);
    while (true) {
      std::vector<std::size_t> wanted;
      std::vector<std::shared_ptr<const RecordBatch>> batches;
      for (std::size_t b = 0; b < all.size(); ++b) {
        if (!taken[b]) continue;
        wanted.push_back(b);
        batches.push_back(Batch(all[b]));
      }
      GroupPlan plan(batches);
      for (std::size_t f = 0; f < plan.firsts().size(); ++f) {
        const auto found = log.find(plan.firsts()[f].event->key[15]);
        if (found == log.end()) continue;
        ShortHash content{};
        content[0] = static_cast<std::uint8_t>(found->second);
        plan.StoredAlready(f, content);
      }
      const auto judgement = plan.Judge();
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!judgement.answers[i]) taken[wanted[i]] = false;
      }
      if (judgement.undo) continue;
      for (const std::size_t f : judgement.recorded) {
        const PreparedEvent& event = *plan.firsts()[f].event;
        log[event.key[15]] = event.content[0];
      }
      break;
    }
    EXPECT_EQ(taken, expected) << "round " << round;
    EXPECT_EQ(log, reference.log) << "round " << round;
  }
}

}  // namespace
}  // namespace vedette::monitor
