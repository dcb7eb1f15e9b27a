// SPDX-License-Identifier: Apache-2.0
#include "app/simulate/study_model.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace vedette::simulate {
namespace {

using std::chrono::days;
using std::chrono::seconds;

const Timestamp kStart = FromUnixMicros(1'767'225'600'000'000);  // 2026-01-01

StudyModel MakeModel() { return StudyModel({.seed = 1, .subjects = 60, .start = kStart}); }

std::set<std::string> Keys(const std::vector<SimulatedObservation>& observations) {
  std::set<std::string> keys;
  for (const auto& observation : observations) keys.insert(observation.key);
  return keys;
}

TEST(StudyModelTest, TheSameSeedGivesTheSameStudy) {
  const auto first = MakeModel().Scheduled(kStart, kStart + days(10));
  const auto second = MakeModel().Scheduled(kStart, kStart + days(10));
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].key, second[i].key);
    EXPECT_EQ(first[i].value, second[i].value);
  }
}

TEST(StudyModelTest, SpansJoinWithoutGapOrOverlap) {
  const StudyModel model = MakeModel();
  const auto whole = Keys(model.Scheduled(kStart, kStart + days(30)));
  auto parts = Keys(model.Scheduled(kStart, kStart + days(13)));
  const auto rest = Keys(model.Scheduled(kStart + days(13), kStart + days(30)));
  EXPECT_EQ(parts.size() + rest.size(), whole.size());
  parts.insert(rest.begin(), rest.end());
  EXPECT_EQ(parts, whole);
}

TEST(StudyModelTest, KeysAreUniqueAndValuesPlausible) {
  const StudyModel model = MakeModel();
  const auto observations = model.Scheduled(kStart, kStart + days(60));
  EXPECT_EQ(Keys(observations).size(), observations.size());
  for (const auto& observation : observations) {
    if (!observation.value) continue;
    const ItemModel& item = model.Items()[observation.item];
    EXPECT_GE(*observation.value, item.plausible_low);
    EXPECT_LE(*observation.value, item.plausible_high);
  }
}

TEST(StudyModelTest, TroubleCrossesItsThresholdAndHealthDoesNot) {
  const StudyModel model = MakeModel();
  std::map<Trouble, double> highest_alt;
  for (const auto& observation : model.Scheduled(kStart, kStart + days(60))) {
    if (model.Items()[observation.item].code != "ALT" || !observation.value) continue;
    double& highest = highest_alt[model.Subjects()[observation.subject].trouble];
    highest = std::max(highest, *observation.value);
  }
  EXPECT_GT(highest_alt[Trouble::kLiverInjury], 120);
  EXPECT_LT(highest_alt[Trouble::kNone], 60);
}

TEST(StudyModelTest, WhatReplacesAnObservationComesAfterItAndWithAnotherValue) {
  const StudyModel model = MakeModel();
  std::map<std::string, SimulatedObservation> arrived;
  int corrections = 0;
  int withdrawals = 0;
  for (const auto& observation : model.Scheduled(kStart, kStart + days(60))) {
    if (!observation.corrects.empty()) {
      const auto replaced = arrived.find(observation.corrects);
      ASSERT_NE(replaced, arrived.end()) << observation.key;
      EXPECT_LT(replaced->second.arrives, observation.arrives);
      EXPECT_NE(replaced->second.value, observation.value);
      EXPECT_EQ(observation.withdrawn, !observation.value);
      ++(observation.withdrawn ? withdrawals : corrections);
    }
    arrived.emplace(observation.key, observation);
  }
  EXPECT_GT(corrections, 3);
  EXPECT_GT(withdrawals, 3);
}

TEST(StudyModelTest, SomeLaboratoryResultsComeDaysLate) {
  const StudyModel model = MakeModel();
  int results = 0;
  int late = 0;
  for (const auto& observation : model.Scheduled(kStart, kStart + days(60))) {
    if (observation.item != kAlt) continue;
    ++results;
    if (observation.arrives - observation.time >= days(2)) ++late;
  }
  EXPECT_GT(late, 5);
  EXPECT_LT(late * 4, results);
}

TEST(StudyModelTest, FieldsOfARowArriveTogether) {
  const StudyModel model = MakeModel();
  std::map<std::pair<std::size_t, std::string>, Timestamp> arrivals;
  for (const auto& observation : model.Scheduled(kStart, kStart + days(60))) {
    EXPECT_EQ(observation.row.empty(), model.Items()[observation.item].use != ItemUse::kField);
    if (observation.row.empty()) continue;
    const auto [row, _] =
        arrivals.emplace(std::pair(observation.subject, observation.row), observation.arrives);
    EXPECT_EQ(row->second, observation.arrives);
  }
  EXPECT_GT(arrivals.size(), 20U);
}

TEST(StudyModelTest, WearablesCrossAThresholdWithinAMinuteOrTwo) {
  const StudyModel model = MakeModel();
  const Timestamp later = kStart + days(30);
  int readings = 0;
  int high = 0;
  for (int second = 0; second < 120; ++second) {
    for (const auto& observation : model.Wearable(later + seconds(second))) {
      ++readings;
      const std::string& code = model.Items()[observation.item].code;
      if (code == "HR" && *observation.value > 120) ++high;
      if (code == "SPO2" && *observation.value < 91) ++high;
      if (code == "SYSBP" && *observation.value > 165) ++high;
    }
  }
  EXPECT_GT(readings, 200);
  EXPECT_GT(high, 1);
  EXPECT_LT(high, 40);
}

}  // namespace
}  // namespace vedette::simulate
