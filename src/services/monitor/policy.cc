// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/policy.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace vedette::monitor {
namespace {

constexpr std::chrono::hours kLongestSilence(30 * 24);

struct ActionRule {
  Action action;
  std::string_view name;
  std::string_view from;  // states, separated by blanks
  std::string_view to;    // empty: stays
  bool needs_text;
};

constexpr std::string_view kOpenStates = "new acknowledged in_review query_open escalated";

constexpr std::array kActions = {
    ActionRule{Action::kAcknowledge, "acknowledge", "new", "acknowledged", false},
    ActionRule{Action::kStartReview, "start_review", "new acknowledged escalated", "in_review",
               false},
    ActionRule{Action::kOpenQuery, "open_query", "in_review", "query_open", true},
    ActionRule{Action::kAnswerQuery, "answer_query", "query_open", "in_review", true},
    ActionRule{Action::kEscalate, "escalate", "new acknowledged in_review query_open", "escalated",
               true},
    ActionRule{Action::kClose, "close", kOpenStates, "closed", true},
    ActionRule{Action::kReopen, "reopen", "closed", "in_review", true},
    ActionRule{Action::kAssign, "assign", kOpenStates, "", false},
    ActionRule{Action::kComment, "comment",
               "new acknowledged in_review query_open escalated closed", "", true},
};

const ActionRule& RuleOf(Action action) {
  return *std::ranges::find(kActions, action, &ActionRule::action);
}

bool Holds(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

bool Matches(const std::string& wanted, const std::string& given) {
  return wanted.empty() || wanted == given;
}

}  // namespace

std::optional<Action> ParseAction(std::string_view text) {
  const auto found = std::ranges::find(kActions, text, &ActionRule::name);
  if (found == kActions.end()) return std::nullopt;
  return found->action;
}

std::string_view ActionText(Action action) { return RuleOf(action).name; }

bool NeedsSignature(rules::Severity severity, const ActionRequest& request) {
  return request.action == Action::kClose && severity == rules::Severity::kCritical;
}

bool NeedsMedicalRole(rules::Severity severity, const ActionRequest& request) {
  return NeedsSignature(severity, request) &&
         (request.close_as == "confirmed" || request.close_as == "not_clinically_significant");
}

std::string SignatureMeaning(const ActionRequest& request) {
  return "closed as " + request.close_as;
}

Result<Workflow> Decide(const Standing& standing, const ActionRequest& request) {
  const ActionRule& rule = RuleOf(request.action);
  const Workflow& before = standing.workflow;
  if (rule.needs_text && request.text.empty()) {
    return FailField("text", "is missing; say why");
  }
  if (request.action == Action::kClose && request.close_as.empty()) {
    return FailField("closeAs", "is missing; say as what the alert is closed");
  }
  if (request.action != Action::kClose && !request.close_as.empty()) {
    return FailField("closeAs", "belongs to closing only");
  }
  if (request.action == Action::kAssign && request.assignee.empty()) {
    return FailField("assignee", "is missing");
  }
  if (!Holds(rule.from, before.state)) {
    return Fail(Code::kFailedPrecondition,
                "The alert is " + before.state + "; " + std::string(rule.name) +
                    " is possible from: " + std::string(rule.from) + ".");
  }
  Workflow after = before;
  if (!rule.to.empty()) after.state = rule.to;
  after.closed_as = after.state == "closed" && request.action == Action::kClose ? request.close_as
                    : after.state == "closed"                                   ? before.closed_as
                                                                                : std::string();
  if (!request.assignee.empty()) after.assignee = request.assignee;
  return after;
}

Workflow AfterTransition(rules::TransitionKind kind, Workflow workflow) {
  const bool news = kind == rules::TransitionKind::kRaised ||
                    kind == rules::TransitionKind::kFiringAgain ||
                    kind == rules::TransitionKind::kEvidenceChanged;
  if (!news || workflow.state != "closed") return workflow;
  workflow.state = "new";
  workflow.closed_as.clear();
  return workflow;
}

bool ConditionNoLongerMet(std::string_view detection, std::string_view workflow) {
  return (detection == "resolved" || detection == "retracted") && workflow != "new" &&
         workflow != "closed";
}

bool Silences(const Silence& silence, const AlertFacts& alert, Timestamp now) {
  return alert.severity != rules::Severity::kCritical && !silence.ended_at && now < silence.until &&
         Matches(silence.rule_id, alert.rule_id) && Matches(silence.site_id, alert.site_id) &&
         Matches(silence.subject_number, alert.subject_number);
}

Status CheckSilenceEnd(Timestamp until, Timestamp now) {
  if (until <= now) return FailField("until", "is not in the future");
  if (until > now + kLongestSilence) return FailField("until", "is more than 30 days ahead");
  return {};
}

}  // namespace vedette::monitor
