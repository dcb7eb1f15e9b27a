// SPDX-License-Identifier: Apache-2.0
#include "rules/live/engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "rules/live/engine_for_test.h"

namespace vedette::rules {
namespace {

TEST_F(EngineTest, ACorrectedValueRetractsItsAlert) {
  Start({Define("HIGH", "vs.SYSBP.value > 180.0")});
  const Change high = Put("SYSBP", 1, kStart, 190);
  const auto raised = Apply(high);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].kind, TransitionKind::kRaised);
  EXPECT_FALSE(raised[0].late);
  EXPECT_EQ(raised[0].cause, 1U);
  const auto retracted = Apply(Again(high, 150));
  ASSERT_EQ(retracted.size(), 1U);
  EXPECT_EQ(retracted[0].kind, TransitionKind::kRetracted);
  EXPECT_EQ(retracted[0].alert.id, raised[0].alert.id);
  EXPECT_NE(retracted[0].id, raised[0].id);
  EXPECT_TRUE(Detected().empty());
}

TEST_F(EngineTest, ALateValueRaisesInThePast) {
  Start({Define("HIGH", "vs.SYSBP.value > 180.0")});
  Apply(Put("SYSBP", 1, kStart + 5 * kDay, 120));
  const auto raised = Apply(Put("SYSBP", 2, kStart, 190));
  ASSERT_EQ(raised.size(), 2U);
  EXPECT_EQ(raised[0].kind, TransitionKind::kRaised);
  EXPECT_TRUE(raised[0].late);
  EXPECT_EQ(raised[0].alert.started, kStart);
  EXPECT_EQ(raised[1].kind, TransitionKind::kResolved);
  EXPECT_EQ(raised[1].alert.resolved, kStart + 5 * kDay);
}

TEST_F(EngineTest, OtherEvidenceIsToldOnce) {
  Start({Define("HIGH", "vs.SYSBP.value > 180.0")});
  const Change high = Put("SYSBP", 1, kStart, 190);
  Apply(high);
  const auto changed = Apply(Again(high, 200));
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].kind, TransitionKind::kEvidenceChanged);
  EXPECT_TRUE(Apply(Again(high, 200)).empty());
}

TEST_F(EngineTest, ANewFoundingAnchorTakesOver) {
  Start({Define("HIGH", "vs.SYSBP.value > 180.0")});
  const Change first = Put("SYSBP", 1, kStart, 190);
  Apply(first);
  Apply(Put("SYSBP", 2, kStart + kDay, 195));
  const auto transitions = Apply(Withdraw(first));
  ASSERT_EQ(transitions.size(), 2U);
  EXPECT_EQ(transitions[0].kind, TransitionKind::kRetracted);
  EXPECT_EQ(transitions[1].kind, TransitionKind::kRaised);
  EXPECT_EQ(transitions[0].successor, transitions[1].alert.id);
  EXPECT_EQ(transitions[1].alert.started, kStart + kDay);
}

TEST_F(EngineTest, AWithdrawnClearAnchorLetsItFireAgain) {
  Start({Define("HIGH", "vs.SYSBP.value > 180.0")});
  Apply(Put("SYSBP", 1, kStart, 190));
  const Change clear = Put("SYSBP", 2, kStart + kDay, 120);
  EXPECT_EQ(Apply(clear)[0].kind, TransitionKind::kResolved);
  const auto again = Apply(Withdraw(clear));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].kind, TransitionKind::kFiringAgain);
  EXPECT_EQ(again[0].alert.resolved, std::nullopt);
}

TEST_F(EngineTest, RepeatedCorrectionsHaveTheirOwnTransitions) {
  Start({Define("HIGH", "vs.SYSBP.value > 180.0")});
  Change change = Put("SYSBP", 1, kStart, 190);
  const auto first = Apply(change);
  change.received += 10;
  Apply(Again(change, 100));
  change.received += 10;
  const auto third = Apply(Again(change, 190));
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(third[0].kind, TransitionKind::kRaised);
  EXPECT_EQ(third[0].alert.id, first[0].alert.id);
  EXPECT_NE(third[0].id, first[0].id);
}

TEST_F(EngineTest, IdsDoNotDependOnWhenTheyAreFound) {
  Start({Define("HIGH", "vs.SYSBP.value > 180.0")});
  const Change high = Put("SYSBP", 1, kStart, 190);
  Apply(high);
  const auto live = Detected();
  EXPECT_EQ(engine_->Load(subject_, {&high, 1}, kStart + kDay), live);
  EXPECT_EQ(live[0].id, AlertId("STREAM", "HIGH", "S-1", kStart, 1));
}

TEST_F(EngineTest, AVersionEndsWithItsAlerts) {
  auto rules = testing::CompileAll(std::vector{Define("HIGH", "vs.SYSBP.value > 180.0")});
  rules[0].until = kStart + 10 * kDay;
  TimedRule next = rules[0];
  next.from = rules[0].until;
  next.until = INT64_MAX;
  rules.push_back(next);
  Start(rules);
  Apply(Put("SYSBP", 1, kStart, 190), kStart);
  EXPECT_EQ(engine_->NextTimer(), kStart + 10 * kDay);
  const auto ended = Advance(kStart + 20 * kDay);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].transition.kind, TransitionKind::kSuperseded);
  // The next version judges what is received from then on.
  const auto raised = Apply(Put("SYSBP", 2, kStart + 21 * kDay, 190), kStart + 21 * kDay);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].alert.rule, 1U);
  EXPECT_EQ(raised[0].alert.started, kStart + 21 * kDay);
}

// What is left of a row tells which version judges it, as after a restart.
TEST_F(EngineTest, AWithdrawnFieldLeavesTheRowToItsVersion) {
  RuleDefinition rule = Define("ROW", "row.AETERM == \"HEADACHE\"");
  rule.scope = EvaluationScope::kRow;
  rule.each_form = "AE";
  auto versions = testing::CompileAll({&rule, 1});
  versions.push_back(versions[0]);
  versions[0].until = kStart + 10 * kDay;
  versions[1].version_id = "ROW-2";
  versions[1].from = kStart + 10 * kDay;
  Start(versions);
  Change term = Put("AETERM", 1, kStart, 0);
  term.row = 7;
  term.text = "HEADACHE";
  Change begun = Put("AESTDT", 2, kStart, static_cast<double>(kStart));
  begun.row = 7;
  Apply(term, kStart + kDay);
  Apply(begun, kStart + kDay);
  Advance(kStart + 20 * kDay);
  Change withdrawn = Withdraw(begun);
  withdrawn.received = kStart + 20 * kDay;
  Apply(withdrawn, kStart + 20 * kDay);
  ASSERT_EQ(Detected().size(), 1U);
  EXPECT_EQ(Detected()[0].rule, 0U);
  const std::vector<DetectedAlert> live = Detected();
  engine_->Load(subject_, {&term, 1}, kStart + 20 * kDay);
  EXPECT_EQ(Detected(), live);
}

TEST_F(EngineTest, SettlingWaitsAndThenLooksBack) {
  RuleDefinition rule = Define("PEAK", "vs.HR.window(days(2)).max() > 100.0");
  rule.settle = 2 * kDay;
  Start({rule});
  EXPECT_TRUE(Apply(Put("HR", 1, kStart, 70), kStart).empty());
  EXPECT_EQ(engine_->NextTimer(), kStart + 2 * kDay);
  EXPECT_TRUE(Apply(Put("HR", 2, kStart + kDay, 120), kStart + kDay).empty());
  const auto raised = Advance(kStart + 2 * kDay);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].transition.kind, TransitionKind::kRaised);
  EXPECT_EQ(raised[0].transition.alert.started, kStart);
}

TEST_F(EngineTest, AMissingVisitIsRaisedWhenDueAndResolvedByItsRecord) {
  RuleDefinition rule = Define("MISSING", "!visit.done && now > visit.window_end + days(3)");
  rule.scope = EvaluationScope::kVisit;
  Start({rule});
  Apply(Put("FIRST_DOSE", 1, kStart, static_cast<double>(kStart)), kStart);
  const Seconds due = kStart + 14 * kDay + 2 * kDay + kDay - 1 + 3 * kDay + 1;
  ASSERT_TRUE(engine_->NextTimer().has_value());
  EXPECT_LE(*engine_->NextTimer(), due);
  EXPECT_TRUE(Advance(due - 1).empty());
  // However late the engine gets to it, the alert bears the time at which it was due.
  const auto raised = Advance(due + 5 * kDay);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].transition.kind, TransitionKind::kRaised);
  EXPECT_EQ(raised[0].transition.alert.fired, due);
  EXPECT_EQ(raised[0].transition.alert.fired_item, kTimerItem);
  const auto anchor = engine_->AnchorOf(subject_, raised[0].transition.alert);
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ(anchor->visit->code, "W2");
  const Seconds now = due + 6 * kDay;
  const auto resolved = Apply(Put("SV_W2", 2, kStart + 15 * kDay, 1), now);
  ASSERT_EQ(resolved.size(), 1U);
  EXPECT_EQ(resolved[0].kind, TransitionKind::kResolved);
  EXPECT_EQ(resolved[0].alert.resolved, now);
}

TEST_F(EngineTest, AnAlertOfTimeSurvivesARestart) {
  Start({Define("DIARY", "pro.DIARY.missed_in_a_row() >= 3")});
  const Change dose = Put("FIRST_DOSE", 1, kStart, static_cast<double>(kStart));
  const Change entry = Put("DIARY", 2, kStart + kDay, 3);
  Apply(dose, kStart);
  Apply(entry, kStart + kDay);
  Advance(kStart + 100 * kDay);
  const auto live = Detected();
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live[0].fired, kStart + kDay + 21 * kDay + 1);
  const std::vector<Change> current{dose, entry};
  EXPECT_EQ(engine_->Load(subject_, current, kStart + 100 * kDay), live);
}

TEST_F(EngineTest, ManyMissedEntriesAreOneAlert) {
  Start({Define("DIARY", "pro.DIARY.missed_in_a_row() >= 150")});
  Apply(Put("DIARY", 1, kStart, 3), kStart);
  const Seconds due = kStart + 150 * 7 * kDay + 1;
  EXPECT_TRUE(Advance(due - 1).empty());
  EXPECT_EQ(Advance(due + 300 * kDay).size(), 1U);
  ASSERT_EQ(Detected().size(), 1U);
  EXPECT_EQ(Detected()[0].fired, due);
}

TEST_F(EngineTest, AWindowThatEmptiesIsFoundWhenItDoes) {
  Start({Define("SILENT",
                "now > subject.first_dose + days(1) && vs.HR.window(days(7)).count() == 0")});
  const std::vector<Change> log{Put("FIRST_DOSE", 1, kStart, static_cast<double>(kStart)),
                                Put("HR", 2, kStart, 70), Put("HR", 3, kStart + 2 * kDay, 70)};
  for (const Change& change : log) {
    Apply(change, change.time);
  }
  EXPECT_TRUE(Advance(kStart + 9 * kDay).empty());
  const auto raised = Advance(kStart + 20 * kDay);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].transition.alert.rule, 0U);
  EXPECT_EQ(raised[0].transition.alert.fired, kStart + 9 * kDay + 1);
  const auto live = Detected();
  EXPECT_EQ(engine_->Load(subject_, log, kStart + 20 * kDay), live);
}

TEST_F(EngineTest, VersionsThatEndedBeforeALoadAreNoNewsAfterIt) {
  RuleDefinition missing = Define("MISSING", "!visit.done && now > visit.window_end + days(3)");
  missing.scope = EvaluationScope::kVisit;
  std::vector<TimedRule> rules;
  for (const TimedRule& rule :
       testing::CompileAll(std::vector{Define("HIGH", "vs.SYSBP.value > 180.0"), missing})) {
    const Seconds turns[] = {INT64_MIN, kStart + 10 * kDay, kStart + 18 * kDay, INT64_MAX};
    for (int i = 0; i < 3; ++i) {
      rules.push_back(rule);
      rules.back().from = turns[i];
      rules.back().until = turns[i + 1];
    }
  }
  Start(rules);
  const std::vector<Change> log{Put("FIRST_DOSE", 1, kStart, static_cast<double>(kStart)),
                                Put("SYSBP", 2, kStart + 15 * kDay, 190)};
  const Seconds now = kStart + 40 * kDay;
  engine_ =
      std::make_unique<Engine>(testing::OperationCatalog(), rules, EngineOptions{.bounded = false});
  subject_ = engine_->Subject("S-1", "01");
  const auto loaded = engine_->Load(subject_, log, now);
  ASSERT_EQ(loaded.size(), 2U);
  EXPECT_TRUE(Advance(now).empty());
  EXPECT_EQ(Detected(), loaded);
}

TEST_F(EngineTest, ABoundIsLeftToTheTreeWalker) {
  Start({Define("HIGH", "lab.GLUC.value > 3.0"), Define("LOW", "lab.GLUC.value < 5.0")});
  Change below = Put("GLUC", 1, kStart, 4);
  below.flags = Observation::kBelow;
  const auto raised = Apply(below);
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].alert.rule, 1U);
  EXPECT_EQ(engine_->Statistics().fallbacks, 2U);
  EXPECT_EQ(engine_->Statistics().not_evaluable, 1U);
}

TEST_F(EngineTest, ABoundedSubjectAsksForWhatItDropped) {
  Start({Define("PEAK", "vs.HR.window(days(2)).max() > 100.0")}, {.lateness = 14 * kDay});
  std::vector<Change> log;
  for (std::uint64_t day = 0; day < 200; ++day) {
    log.push_back(Put("HR", day + 1, kStart + static_cast<Seconds>(day) * kDay, 70));
    EXPECT_FALSE(engine_->NeedsLoad(subject_, {&log.back(), 1}));
    Apply(log.back());
  }
  EXPECT_LT(engine_->Statistics().observations, 30U);
  const Change recent = Put("HR", 900, kStart + 190 * kDay, 120);
  EXPECT_FALSE(engine_->NeedsLoad(subject_, {&recent, 1}));
  const Change late = Put("HR", 901, kStart + 50 * kDay, 120);
  EXPECT_TRUE(engine_->NeedsLoad(subject_, {&late, 1}));
  const Change old = Again(log[10], 120);
  EXPECT_TRUE(engine_->NeedsLoad(subject_, {&old, 1}));
  engine_->Load(subject_, log, kStart + 1000 * kDay);
  EXPECT_FALSE(engine_->NeedsLoad(subject_, {&late, 1}));
  const auto raised = Apply(late);
  ASSERT_FALSE(raised.empty());
  EXPECT_TRUE(raised[0].late);
}

TEST_F(EngineTest, AnEpisodeOutlivesTheAnchorsThatWereDropped) {
  Start({Define("HIGH", "vs.HR.value > 100.0")}, {.lateness = 14 * kDay});
  std::vector<Transition> raised;
  for (std::uint64_t day = 0; day < 200; ++day) {
    const auto told = Apply(Put("HR", day + 1, kStart + static_cast<Seconds>(day) * kDay, 120));
    EXPECT_EQ(told.size(), day == 0 ? 1U : 0U);
  }
  EXPECT_LT(engine_->Statistics().observations, 30U);
  const auto detected = Detected();
  ASSERT_EQ(detected.size(), 1U);
  EXPECT_EQ(detected[0].started, kStart);
  EXPECT_EQ(detected[0].anchors, 200U);
  const auto resolved = Apply(Put("HR", 900, kStart + 200 * kDay, 70));
  ASSERT_EQ(resolved.size(), 1U);
  EXPECT_EQ(resolved[0].kind, TransitionKind::kResolved);
}

TEST_F(EngineTest, UnreadItemsAndForeignTimesChangeNothing) {
  Start({Define("HIGH", "vs.HR.value > 100.0")});
  EXPECT_FALSE(engine_->Reads(Item("OTHER20")));
  EXPECT_TRUE(Apply(Put("OTHER20", 1, kStart, 500)).empty());
  EXPECT_TRUE(Apply(Put("HR", 2, INT64_MAX, 500)).empty());
  EXPECT_TRUE(Apply(Put("HR", 3, INT64_MIN, 500)).empty());
  EXPECT_TRUE(Apply(Put("HR", 4, kStart, std::nan(""))).empty());
  EXPECT_TRUE(Apply(Withdraw(Put("HR", 5, kStart, 0))).empty());
  EXPECT_EQ(engine_->Statistics().observations, 0U);
}

}  // namespace
}  // namespace vedette::rules
