// SPDX-License-Identifier: Apache-2.0
#include "rules/live/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace vedette::rules {
namespace {

TEST(TimerWheel, TakesInOrderOfTimeThenPayload) {
  TimerWheel wheel;
  wheel.Add(100, 7);
  wheel.Add(50, 9);
  wheel.Add(100, 3);
  EXPECT_EQ(wheel.Next(), 50);
  std::vector<TimerWheel::Due> due;
  EXPECT_TRUE(wheel.Take(1'000, &due));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].payload, 9U);
  due.clear();
  EXPECT_TRUE(wheel.Take(1'000, &due));
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].payload, 3U);
  EXPECT_EQ(due[1].payload, 7U);
  due.clear();
  EXPECT_FALSE(wheel.Take(1'000, &due));
  EXPECT_EQ(wheel.Next(), std::nullopt);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, WhatIsDueAlreadyIsDueAtOnce) {
  TimerWheel wheel;
  std::vector<TimerWheel::Due> due;
  EXPECT_FALSE(wheel.Take(10'000, &due));
  wheel.Add(5, 1);
  EXPECT_TRUE(wheel.Take(10'000, &due));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].due, 10'000);
}

TEST(TimerWheel, SurvivesTheEndsOfTime) {
  TimerWheel wheel;
  wheel.Add(INT64_MIN, 1);
  wheel.Add(INT64_MAX, 2);
  std::vector<TimerWheel::Due> due;
  EXPECT_TRUE(wheel.Take(0, &due));
  EXPECT_EQ(due[0].payload, 1U);
  due.clear();
  EXPECT_FALSE(wheel.Take(4'000'000'000, &due));
  EXPECT_TRUE(wheel.Take(INT64_MAX, &due));
  EXPECT_EQ(due[0].payload, 2U);
}

TEST(TimerWheel, AgreesWithAnOrderedSet) {
  std::mt19937_64 random(11);
  TimerWheel wheel;
  std::set<std::pair<Seconds, std::uint64_t>> expected;
  std::map<std::uint64_t, std::pair<TimerWheel::Handle, Seconds>> waiting;
  Seconds now = 1'700'000'000;
  std::vector<TimerWheel::Due> due;
  wheel.Take(now, &due);
  for (std::uint64_t payload = 0; payload < 20'000; ++payload) {
    const Seconds at = now + 1 + static_cast<Seconds>(random() % (1ULL << (random() % 32)));
    waiting[payload] = {wheel.Add(at, payload), at};
    expected.insert({at, payload});
    if (random() % 3 == 0 && !waiting.empty()) {
      const auto victim = waiting.begin();
      wheel.Cancel(victim->second.first);
      expected.erase({victim->second.second, victim->first});
      waiting.erase(victim);
    }
    if (random() % 4 == 0) {
      now += static_cast<Seconds>(random() % (1ULL << (random() % 24)));
      due.clear();
      while (wheel.Take(now, &due)) {
      }
      for (const TimerWheel::Due& one : due) {
        ASSERT_FALSE(expected.empty());
        EXPECT_EQ(std::pair(one.due, one.payload), *expected.begin());
        expected.erase(expected.begin());
        waiting.erase(one.payload);
      }
      ASSERT_TRUE(expected.empty() || expected.begin()->first > now);
    }
    ASSERT_EQ(wheel.size(), expected.size());
    ASSERT_EQ(wheel.Next().has_value(), !expected.empty());
    if (!expected.empty()) {
      ASSERT_EQ(*wheel.Next(), expected.begin()->first);
    }
  }
}

}  // namespace
}  // namespace vedette::rules
