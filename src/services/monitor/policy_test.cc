// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/policy.h"

#include <gtest/gtest.h>

#include <chrono>

namespace vedette::monitor {
namespace {

using rules::Severity;
using rules::TransitionKind;

Result<Workflow> From(std::string state, ActionRequest request) {
  return Decide({.severity = Severity::kWarning, .workflow = {.state = std::move(state)}}, request);
}

TEST(AlertPolicy, GoesThroughReviewToClosing) {
  EXPECT_EQ(From("new", {.action = Action::kAcknowledge})->state, "acknowledged");
  EXPECT_EQ(From("acknowledged", {.action = Action::kStartReview})->state, "in_review");
  EXPECT_EQ(From("in_review", {.action = Action::kOpenQuery, .text = "?"})->state, "query_open");
  EXPECT_EQ(From("query_open", {.action = Action::kAnswerQuery, .text = "!"})->state, "in_review");
  EXPECT_EQ(From("in_review", {.action = Action::kEscalate, .text = "why"})->state, "escalated");
  const auto closed =
      From("escalated", {.action = Action::kClose, .close_as = "confirmed", .text = "seen"});
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->state, "closed");
  EXPECT_EQ(closed->closed_as, "confirmed");
  const auto reopened =
      Decide({.workflow = *closed}, {.action = Action::kReopen, .text = "new facts"});
  ASSERT_TRUE(reopened);
  EXPECT_EQ(reopened->state, "in_review");
  EXPECT_EQ(reopened->closed_as, "");
}

TEST(AlertPolicy, RefusesWhatCannotFollow) {
  EXPECT_EQ(From("closed", {.action = Action::kAcknowledge}).error().code,
            Code::kFailedPrecondition);
  EXPECT_EQ(From("new", {.action = Action::kOpenQuery, .text = "?"}).error().code,
            Code::kFailedPrecondition);
  EXPECT_EQ(From("new", {.action = Action::kReopen, .text = "?"}).error().code,
            Code::kFailedPrecondition);
}

TEST(AlertPolicy, AsksForReasons) {
  EXPECT_EQ(From("in_review", {.action = Action::kClose, .close_as = "confirmed"})
                .error()
                .violations.at(0)
                .field,
            "text");
  EXPECT_EQ(
      From("in_review", {.action = Action::kClose, .text = "x"}).error().violations.at(0).field,
      "closeAs");
  EXPECT_EQ(From("new", {.action = Action::kAssign}).error().violations.at(0).field, "assignee");
  EXPECT_EQ(From("new", {.action = Action::kComment}).error().violations.at(0).field, "text");
}

TEST(AlertPolicy, AssigningAndCommentingMoveNothing) {
  const auto assigned = From("in_review", {.action = Action::kAssign, .assignee = "ann"});
  ASSERT_TRUE(assigned);
  EXPECT_EQ(*assigned, (Workflow{.state = "in_review", .assignee = "ann"}));
  const Workflow closed{.state = "closed", .closed_as = "duplicate", .assignee = "ann"};
  EXPECT_EQ(*Decide({.workflow = closed}, {.action = Action::kComment, .text = "x"}), closed);
}

TEST(AlertPolicy, CriticalAlertsAreClosedWithASignature) {
  const ActionRequest medical{.action = Action::kClose, .close_as = "not_clinically_significant"};
  const ActionRequest technical{.action = Action::kClose, .close_as = "data_error"};
  EXPECT_TRUE(NeedsSignature(Severity::kCritical, medical));
  EXPECT_TRUE(NeedsSignature(Severity::kCritical, technical));
  EXPECT_FALSE(NeedsSignature(Severity::kWarning, medical));
  EXPECT_FALSE(NeedsSignature(Severity::kCritical, {.action = Action::kAcknowledge}));
  EXPECT_TRUE(NeedsMedicalRole(Severity::kCritical, medical));
  EXPECT_FALSE(NeedsMedicalRole(Severity::kCritical, technical));
  EXPECT_FALSE(NeedsMedicalRole(Severity::kWarning, medical));
}

TEST(AlertPolicy, TheEngineClosesNothingAndReopensWhatCameBack) {
  const Workflow open{.state = "in_review", .assignee = "ann"};
  const Workflow closed{.state = "closed", .closed_as = "false_positive", .assignee = "ann"};
  for (const auto kind :
       {TransitionKind::kRaised, TransitionKind::kEvidenceChanged, TransitionKind::kRecovering,
        TransitionKind::kResolved, TransitionKind::kFiringAgain, TransitionKind::kRetracted,
        TransitionKind::kSuperseded}) {
    EXPECT_EQ(AfterTransition(kind, open), open);
  }
  EXPECT_EQ(AfterTransition(TransitionKind::kRetracted, closed), closed);
  EXPECT_EQ(AfterTransition(TransitionKind::kResolved, closed), closed);
  const Workflow again{.state = "new", .assignee = "ann"};
  EXPECT_EQ(AfterTransition(TransitionKind::kEvidenceChanged, closed), again);
  EXPECT_EQ(AfterTransition(TransitionKind::kFiringAgain, closed), again);
}

TEST(AlertPolicy, WhoHasItOpenIsToldThatTheConditionIsGone) {
  EXPECT_TRUE(ConditionNoLongerMet("retracted", "in_review"));
  EXPECT_TRUE(ConditionNoLongerMet("resolved", "acknowledged"));
  EXPECT_FALSE(ConditionNoLongerMet("firing", "in_review"));
  EXPECT_FALSE(ConditionNoLongerMet("retracted", "new"));
  EXPECT_FALSE(ConditionNoLongerMet("retracted", "closed"));
}

TEST(AlertPolicy, SilencesMatchAndEnd) {
  const Timestamp now = FromUnixMicros(1'000'000);
  Silence silence{.rule_id = "R", .until = now + std::chrono::hours(1)};
  AlertFacts alert{.site_id = "701", .subject_number = "701-1", .rule_id = "R"};
  EXPECT_TRUE(Silences(silence, alert, now));
  EXPECT_FALSE(Silences(silence, alert, silence.until));
  alert.severity = Severity::kCritical;
  EXPECT_FALSE(Silences(silence, alert, now));
  alert.severity = Severity::kWarning;
  silence.site_id = "702";
  EXPECT_FALSE(Silences(silence, alert, now));
  silence.site_id = "701";
  silence.ended_at = now;
  EXPECT_FALSE(Silences(silence, alert, now));
}

TEST(AlertPolicy, SilencesLastThirtyDaysAtMost) {
  const Timestamp now = FromUnixMicros(1'000'000);
  EXPECT_TRUE(CheckSilenceEnd(now + std::chrono::days(30), now));
  EXPECT_FALSE(CheckSilenceEnd(now + std::chrono::days(30) + std::chrono::seconds(1), now));
  EXPECT_FALSE(CheckSilenceEnd(now, now));
}

}  // namespace
}  // namespace vedette::monitor
