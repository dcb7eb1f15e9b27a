// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "rules/live/alert.h"
#include "services/monitor/alert_types.h"

// What people may do with alerts, and what it means. Pure.
namespace vedette::monitor {

enum class Action {
  kAcknowledge,
  kStartReview,
  kOpenQuery,
  kAnswerQuery,
  kEscalate,
  kClose,
  kReopen,
  kAssign,
  kComment,
};
std::optional<Action> ParseAction(std::string_view text);
std::string_view ActionText(Action action);

struct ActionRequest {
  Action action = Action::kComment;
  std::string close_as;
  std::string text;
  std::string assignee;
};

// An alert before the action.
struct Standing {
  rules::Severity severity = rules::Severity::kInfo;
  Workflow workflow;
};

// Closing a critical alert is signed, whatever it is closed as.
bool NeedsSignature(rules::Severity severity, const ActionRequest& request);
// A medical judgement of a critical alert is for who may make it.
bool NeedsMedicalRole(rules::Severity severity, const ActionRequest& request);
// What the signature says.
std::string SignatureMeaning(const ActionRequest& request);

// Where the action leads. kFailedPrecondition when it cannot be done from where the alert stands,
// kInvalidArgument when it lacks its reason.
Result<Workflow> Decide(const Standing& standing, const ActionRequest& request);

// What the engine's change does to people's axis: nothing, but that a closed alert whose cause
// comes back, or whose evidence was corrected, is new again. Nobody has judged that.
Workflow AfterTransition(rules::TransitionKind kind, Workflow workflow);

// A person has it open, and what raised it is no longer so.
bool ConditionNoLongerMet(std::string_view detection, std::string_view workflow);

// Whether the silence holds this alert back at `now`. Critical alerts are never held back.
bool Silences(const Silence& silence, const AlertFacts& alert, Timestamp now);

// At most 30 days ahead.
Status CheckSilenceEnd(Timestamp until, Timestamp now);

}  // namespace vedette::monitor
