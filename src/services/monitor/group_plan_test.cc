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

PreparedEvent CorrectingRow(int key, int corrects, const std::string& subject = "") {
  PreparedEvent event = Row(key, 0);
  event.content[1] = static_cast<std::uint8_t>(corrects);
  event.corrects.emplace();
  (*event.corrects)[15] = static_cast<std::uint8_t>(corrects);
  event.event.subject_id = subject;
  event.event.id.bytes[0] = static_cast<std::uint8_t>(key);
  return event;
}

std::shared_ptr<const RecordBatch> BatchOf(std::vector<PreparedEvent> events) {
  auto batch = std::make_shared<RecordBatch>();
  batch->events = std::move(events);
  return batch;
}

TEST(GroupPlan, ChainsCorrectionsOfOneGroup) {
  const std::vector batches{BatchOf({Row(1, 1), CorrectingRow(2, 1), CorrectingRow(3, 2)}),
                            BatchOf({Row(4, 1)})};
  GroupPlan plan(batches);
  EXPECT_THAT(plan.targets(), SizeIs(2));
  plan.Trace();
  EXPECT_EQ(plan.LineageOf(0).version, 1);
  EXPECT_FALSE(plan.LineageOf(0).root);
  EXPECT_EQ(plan.LineageOf(1).version, 2);
  EXPECT_EQ(plan.LineageOf(2).version, 3);
  EXPECT_EQ(plan.LineageOf(2).root, batches[0]->events[0].key);
  EXPECT_EQ(plan.LineageOf(2).supersedes, batches[0]->events[1].event.id);
  const auto judgement = plan.Judge();
  EXPECT_FALSE(judgement.undo);
  EXPECT_EQ(judgement.answers[0]->recorded, 3);
  EXPECT_EQ(judgement.answers[0]->corrections, 2);
}

TEST(GroupPlan, ACorrectionNeedsItsTarget) {
  const std::vector batches{BatchOf({CorrectingRow(2, 1), Row(1, 1)})};
  GroupPlan plan(batches);
  plan.Trace();
  const auto judgement = plan.Judge();
  ASSERT_FALSE(judgement.answers[0]);
  EXPECT_EQ(judgement.answers[0].error().violations.at(0).field, "events[0].corrects");
  EXPECT_TRUE(judgement.undo);
}

TEST(GroupPlan, ACorrectionKeepsToItsSubject) {
  const std::vector batches{BatchOf({Row(1, 1), CorrectingRow(2, 1, "another")})};
  GroupPlan plan(batches);
  plan.Trace();
  const auto judgement = plan.Judge();
  ASSERT_FALSE(judgement.answers[0]);
  EXPECT_THAT(judgement.answers[0].error().violations.at(0).description,
              ::testing::HasSubstr("another subject"));
}

TEST(GroupPlan, AVersionIsCorrectedOnce) {
  const std::vector batches{BatchOf({CorrectingRow(2, 1)}), BatchOf({CorrectingRow(3, 1)})};
  GroupPlan plan(batches);
  plan.StoredTarget(0, {.version = 4, .root = {7}});
  plan.Trace();
  EXPECT_EQ(plan.LineageOf(0).version, 5);
  EXPECT_EQ(plan.LineageOf(0).root, ShortHash{7});
  const auto judgement = plan.Judge();
  EXPECT_TRUE(judgement.answers[0]);
  ASSERT_FALSE(judgement.answers[1]);
  EXPECT_THAT(judgement.answers[1].error().violations.at(0).description,
              ::testing::HasSubstr("already corrected by a later version"));
}

// A row of the random groups.
struct Sent {
  int key;
  int content;
  int corrects;  // 0: nothing
};
using Sending = std::vector<Sent>;

std::shared_ptr<const RecordBatch> Made(const Sending& rows) {
  std::vector<PreparedEvent> events;
  for (const Sent& row : rows) {
    events.push_back(row.corrects == 0 ? Row(row.key, row.content)
                                       : CorrectingRow(row.key, row.corrects));
  }
  return BatchOf(std::move(events));
}

// What the log would do with the batches one after another.
struct Reference {
  struct Kept {
    std::pair<int, int> content;  // and what it corrects
    int version = 1;
    int root = 0;
    bool corrected = false;
    bool operator==(const Kept&) const = default;
  };
  std::map<int, Kept> log;

  bool Take(const Sending& rows) {
    std::map<int, Kept> with = log;
    for (const Sent& row : rows) {
      Kept kept{.content = {row.corrects == 0 ? row.content : 0, row.corrects}, .root = row.key};
      if (const auto found = with.find(row.key); found != with.end()) {
        if (found->second.content != kept.content) return false;
        continue;
      }
      if (row.corrects != 0) {
        const auto target = with.find(row.corrects);
        if (target == with.end() || target->second.corrected) return false;
        target->second.corrected = true;
        kept.version = target->second.version + 1;
        kept.root = target->second.root;
      }
      with.emplace(row.key, kept);
    }
    log = with;
    return true;
  }
};

// As the log writer goes about it.
void Write(const std::vector<Sending>& all,
           std::map<int, Reference::Kept>& log,
           std::vector<bool>& taken) {
  while (true) {
    std::vector<std::size_t> wanted;
    std::vector<std::shared_ptr<const RecordBatch>> batches;
    for (std::size_t b = 0; b < all.size(); ++b) {
      if (!taken[b]) continue;
      wanted.push_back(b);
      batches.push_back(Made(all[b]));
    }
    GroupPlan plan(batches);
    for (std::size_t t = 0; t < plan.targets().size(); ++t) {
      const auto found = log.find(plan.targets()[t].key[15]);
      if (found == log.end()) continue;
      GroupPlan::StoredVersion version{.version = found->second.version,
                                       .corrected = found->second.corrected};
      version.root[15] = static_cast<std::uint8_t>(found->second.root);
      plan.StoredTarget(t, version);
    }
    plan.Trace();
    for (std::size_t f = 0; f < plan.firsts().size(); ++f) {
      const auto found = log.find(plan.firsts()[f].event->key[15]);
      if (found == log.end()) continue;
      ShortHash content{};
      content[0] = static_cast<std::uint8_t>(found->second.content.first);
      content[1] = static_cast<std::uint8_t>(found->second.content.second);
      plan.StoredAlready(f, content);
    }
    const auto judgement = plan.Judge();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!judgement.answers[i]) taken[wanted[i]] = false;
    }
    if (judgement.undo) continue;
    for (const std::size_t f : judgement.recorded) {
      const PreparedEvent& event = *plan.firsts()[f].event;
      const Lineage& lineage = plan.LineageOf(f);
      if (event.corrects) log.at((*event.corrects)[15]).corrected = true;
      log[event.key[15]] = {.content = {event.content[0], event.content[1]},
                            .version = lineage.version,
                            .root = lineage.root.value_or(event.key)[15]};
    }
    return;
  }
}

TEST(GroupPlan, AgreesWithWritingOneAfterAnother) {
  std::mt19937 random(20261120);
  const auto below = [&](int limit) { return static_cast<int>(random() % limit); };
  for (int round = 0; round < 5000; ++round) {
    Reference reference;
    for (int key = 1; key < 9; ++key) {
      if (below(4) == 0) reference.Take({{key, below(2), below(3) == 0 ? 1 + below(8) : 0}});
    }
    std::map<int, Reference::Kept> log = reference.log;
    std::vector<Sending> all;
    for (int b = 1 + below(6); b > 0; --b) {
      Sending& rows = all.emplace_back();
      for (int r = 1 + below(4); r > 0; --r) {
        const int key = 1 + below(8);
        int corrects = below(3) == 0 ? 1 + below(8) : 0;
        if (corrects == key) corrects = 0;
        rows.push_back({key, below(8) == 0 ? 1 : 0, corrects});
      }
    }
    std::vector<bool> expected;
    for (const Sending& rows : all) expected.push_back(reference.Take(rows));

    std::vector<bool> taken(all.size(), true);
    Write(all, log, taken);
    EXPECT_EQ(taken, expected) << "round " << round;
    EXPECT_EQ(log, reference.log) << "round " << round;
  }
}

}  // namespace
}  // namespace vedette::monitor
