// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

DetectedAlert Alert(std::uint8_t id, Detection detection, Seconds started = 100) {
  DetectedAlert alert;
  alert.id[0] = id;
  alert.started = started;
  alert.fired = started;
  alert.last = started;
  alert.detection = detection;
  if (detection == Detection::kResolved) {
    alert.resolved = started + 50;
    alert.last = started + 40;
  }
  return alert;
}

using Kinds = std::vector<TransitionKind>;

Kinds KindsOf(std::optional<Detection> before, std::optional<Detection> after) {
  std::vector<DetectedAlert> was;
  std::vector<DetectedAlert> is;
  if (before) {
    was.push_back(Alert(1, *before));
  }
  if (after) {
    is.push_back(Alert(1, *after));
  }
  Kinds kinds;
  for (const Transition& transition : Differences(was, is, 7, 3)) {
    kinds.push_back(transition.kind);
    EXPECT_EQ(transition.cause, 7U);
    EXPECT_EQ(transition.cause_item, 3U);
  }
  return kinds;
}

TEST(Differences, EveryPairOfStates) {
  using enum TransitionKind;
  constexpr auto kNothing = std::nullopt;
  constexpr auto kPending = Detection::kPending;
  constexpr auto kFiring = Detection::kFiring;
  constexpr auto kRecover = Detection::kRecovering;
  constexpr auto kOver = Detection::kResolved;
  constexpr auto kEnded = Detection::kInactive;
  const struct {
    std::optional<Detection> before;
    std::optional<Detection> after;
    Kinds kinds;
  } cases[] = {
      {kNothing, kPending, {}},
      {kNothing, kFiring, {kRaised}},
      {kNothing, kRecover, {kRaised, kRecovering}},
      {kNothing, kOver, {kRaised, kResolved}},
      {kNothing, kEnded, {kRaised, kSuperseded}},
      {kPending, kNothing, {}},
      {kPending, kPending, {}},
      {kPending, kFiring, {kRaised}},
      {kPending, kOver, {kRaised, kResolved}},
      {kFiring, kNothing, {kRetracted}},
      {kFiring, kPending, {kRetracted}},
      {kFiring, kFiring, {}},
      {kFiring, kRecover, {kRecovering}},
      {kFiring, kOver, {kResolved}},
      {kFiring, kEnded, {kSuperseded}},
      {kRecover, kNothing, {kRetracted}},
      {kRecover, kFiring, {kFiringAgain}},
      {kRecover, kOver, {kResolved}},
      {kRecover, kEnded, {kSuperseded}},
      {kOver, kNothing, {kRetracted}},
      {kOver, kFiring, {kFiringAgain}},
      {kOver, kRecover, {kFiringAgain, kRecovering}},
      {kOver, kOver, {}},
      {kOver, kEnded, {kSuperseded}},
      {kEnded, kNothing, {kRetracted}},
      {kEnded, kEnded, {}},
      {kEnded, kFiring, {kFiringAgain}},
      {kEnded, kOver, {kResolved}},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(KindsOf(one.before, one.after), one.kinds)
        << (one.before ? static_cast<int>(*one.before) : -1) << " → "
        << (one.after ? static_cast<int>(*one.after) : -1);
  }
}

TEST(Differences, AnAlertOfTimeIsResolvedWhereOthersAreRetracted) {
  DetectedAlert alert = Alert(1, Detection::kFiring);
  alert.fired_item = kTimerItem;
  const auto transitions = Differences({&alert, 1}, {}, 1, 0);
  ASSERT_EQ(transitions.size(), 1U);
  EXPECT_EQ(transitions[0].kind, TransitionKind::kResolved);
}

TEST(Differences, TheSuccessorHoldsTheAnchor) {
  DetectedAlert gone = Alert(1, Detection::kFiring, 100);
  gone.last = 200;
  const std::vector<DetectedAlert> after{Alert(2, Detection::kFiring, 50),
                                         Alert(3, Detection::kFiring, 150)};
  const auto transitions = Differences({&gone, 1}, after, 1, 0);
  ASSERT_EQ(transitions.size(), 3U);
  EXPECT_EQ(transitions[0].successor, after[1].id);
}

TEST(Differences, IdsTellChangesApart) {
  const DetectedAlert alert = Alert(1, Detection::kFiring);
  const auto id = [&](std::uint64_t cause, std::uint32_t item, Seconds at) {
    return Differences({}, {&alert, 1}, cause, item, at)[0].id;
  };
  EXPECT_EQ(id(1, 2, 3), id(1, 2, 3));
  EXPECT_NE(id(1, 2, 3), id(2, 2, 3));
  EXPECT_NE(id(1, 2, 3), id(1, 3, 3));
  EXPECT_NE(id(1, 2, 3), id(1, 2, 4));
}

TEST(AlertId, FieldsDoNotRunTogether) {
  EXPECT_NE(AlertId("AB", "C", "S", 1, 2), AlertId("A", "BC", "S", 1, 2));
  EXPECT_NE(AlertId("A", "B", "S", 1, 2), AlertId("A", "B", "S", 2, 1));
  EXPECT_EQ(AlertId("A", "B", "S", 1, 2), AlertId("A", "B", "S", 1, 2));
}

}  // namespace
}  // namespace vedette::rules
