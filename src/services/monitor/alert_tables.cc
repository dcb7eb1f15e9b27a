// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/alert_tables.h"

#include <vedette/monitor/v1/monitor.pb.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "services/monitor/alert_changes.h"
#include "services/monitor/columns.h"
#include "services/monitor/event_lookup.h"
#include "services/monitor/evidence.h"
#include "services/monitor/raised_alerts.h"
#include "services/monitor/subject_history.h"

namespace vedette::monitor {
namespace {

using db::BulkInsert;
using db::ColumnType;
using db::kNull;
using db::Params;
using db::Row;
using db::Sql;
using db::Value;

// Of so many alerts at once; the places that are left hold the last one again.
constexpr std::size_t kAlertsAtOnce = 16;
constexpr Sql kFindWorkflows{
    "monitor_find_workflows",
    "SELECT alert_id, workflow, closed_as, assignee FROM monitor_alert_state WHERE alert_id IN"
    " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"};
constexpr Sql kFindWorkflow{
    "monitor_find_workflow",
    "SELECT alert_id, workflow, closed_as, assignee FROM monitor_alert_state WHERE alert_id = $1"};

std::optional<Uuid> SuccessorOf(const Finding& finding) {
  if (!finding.transition.successor) return std::nullopt;
  return Uuid{*finding.transition.successor};
}

std::string_view ChangeText(rules::TransitionKind kind) {
  switch (kind) {
    case rules::TransitionKind::kRaised:
      return "raised";
    case rules::TransitionKind::kEvidenceChanged:
      return "evidence_changed";
    case rules::TransitionKind::kRecovering:
      return "recovering";
    case rules::TransitionKind::kResolved:
      return "resolved";
    case rules::TransitionKind::kFiringAgain:
      return "firing_again";
    case rules::TransitionKind::kRetracted:
      return "retracted";
    case rules::TransitionKind::kSuperseded:
      return "superseded";
  }
  return "raised";
}

// Where the engine's axis stands after the transition.
std::string_view DetectionAfter(const rules::Transition& transition) {
  if (transition.kind == rules::TransitionKind::kRetracted) return "retracted";
  if (transition.kind == rules::TransitionKind::kSuperseded) return "superseded";
  return DetectionText(transition.alert.detection);
}

BulkInsert StateInsert() {
  using enum ColumnType;
  return {.name = "monitor_put_alert_states",
          .table = "monitor_alert_state",
          .columns = {{"alert_id", kBytes},
                      {"rule_version_id", kText},
                      {"detection", kText},
                      {"fired", kInt},
                      {"fired_key", kInt},
                      {"fired_item", kText},
                      {"last", kInt},
                      {"resolved", kInt},
                      {"digest", kInt},
                      {"anchors", kInt},
                      {"successor", kBytes},
                      {"workflow", kText},
                      {"closed_as", kText},
                      {"assignee", kText}},
          .suffix =
              "ON CONFLICT (alert_id) DO UPDATE SET rule_version_id = excluded.rule_version_id,"
              " detection = excluded.detection, fired = excluded.fired,"
              " fired_key = excluded.fired_key, fired_item = excluded.fired_item,"
              " last = excluded.last, resolved = excluded.resolved, digest = excluded.digest,"
              " anchors = excluded.anchors, successor = excluded.successor,"
              " workflow = excluded.workflow, closed_as = excluded.closed_as,"
              " assignee = excluded.assignee"};
}

Params StateParams(const Finding& finding, Workflow workflow) {
  const rules::DetectedAlert& alert = finding.transition.alert;
  return {BlobOf(AlertIdOf(finding)),
          finding.rule.version_id,
          std::string(DetectionAfter(finding.transition)),
          alert.fired,
          Signed(alert.fired_key),
          finding.fired_item,
          alert.last,
          alert.resolved ? Value(*alert.resolved) : Value(kNull),
          Signed(alert.digest),
          std::int64_t{alert.anchors},
          BlobOrNull(SuccessorOf(finding)),
          std::move(workflow.state),
          std::move(workflow.closed_as),
          std::move(workflow.assignee)};
}

// When it happened to the alert, by the time of the data.
Timestamp MomentOf(const rules::Transition& transition) {
  const rules::DetectedAlert& alert = transition.alert;
  const bool over = transition.kind == rules::TransitionKind::kResolved && alert.resolved;
  return Timestamp(std::chrono::seconds(over ? *alert.resolved : alert.fired));
}

AlertChange ChangeOf(const Finding& finding, const EventLookup& events, Timestamp now) {
  AlertChange change{.change = std::string(ChangeText(finding.transition.kind)),
                     .at = MomentOf(finding.transition),
                     .recorded_at = now,
                     .late = finding.transition.late,
                     .successor = SuccessorOf(finding),
                     .detection = std::string(DetectionAfter(finding.transition))};
  const LoggedEvent* cause =
      events.Find(finding.subject.id, finding.cause_item, finding.transition.cause);
  if (cause != nullptr) {
    change.cause_event_id = cause->id;
    change.cause_version = cause->version;
  }
  return change;
}

// Where people have brought the alerts that findings are about: those known before at what the
// table says, new ones at the beginning.
Task<Result<std::map<Uuid, Workflow>>> FindWorkflows(db::Transaction& transaction,
                                                     const Findings& findings,
                                                     const std::set<Uuid>& fresh) {
  std::map<Uuid, Workflow> workflows;
  std::vector<Uuid> known;
  for (const Finding& finding : findings) {
    const Uuid id = AlertIdOf(finding);
    if (workflows.try_emplace(id).second && !fresh.contains(id)) known.push_back(id);
  }
  for (std::size_t begin = 0; begin < known.size(); begin += kAlertsAtOnce) {
    const std::size_t end = std::min(begin + kAlertsAtOnce, known.size());
    const bool one = end - begin == 1;
    Params params;
    for (std::size_t i = begin; i < end; ++i) params.push_back(BlobOf(known[i]));
    while (!one && params.size() < kAlertsAtOnce) params.push_back(BlobOf(known[end - 1]));
    VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(one ? kFindWorkflow : kFindWorkflows,
                                                               std::move(params)));
    for (const Row& row : rows) {
      workflows[ReadUuid(row, 0)] = {row.Text(1), row.Text(2), row.Text(3)};
    }
  }
  co_return workflows;
}

// Only ids: whoever is told asks for the rest, and is then checked.
queue::OutboxMessage MessageOf(const Finding& finding, Timestamp now) {
  std::string payload = "{\"alertId\":\"";
  payload.append(AlertIdOf(finding).ToString()).append("\",\"at\":");
  payload.append(std::to_string(ToUnixMicros(now))).append(",\"severity\":\"");
  payload.append(rules::SeverityText(finding.rule.rule->definition().severity)).append("\"}");
  return {.topic = "monitor.alert." + std::string(ChangeText(finding.transition.kind)),
          .key = finding.subject.id,
          .payload = std::move(payload),
          .created_at = now};
}

}  // namespace

Task<Result<std::vector<bool>>> WriteFindings(db::Transaction& transaction,
                                              Findings findings,
                                              std::vector<Recorded> recorded,
                                              queue::Outbox outbox,
                                              Timestamp now) {
  using enum ColumnType;
  std::vector<bool> raised(findings.size(), false);
  if (findings.empty()) co_return raised;
  VEDETTE_CO_TRY(const auto events, co_await EventLookup::Of(transaction, findings, recorded, now));
  VEDETTE_CO_TRY(const auto fresh, co_await InsertAlerts(transaction, findings, events, now));

  BulkInsert changes = ChangeInsert();
  BulkInsert evidence{
      .name = "monitor_insert_evidence",
      .table = "monitor_alert_evidence",
      .columns = {{"alert_id", kBytes}, {"recorded_at", kInt}, {"content", kBytes}}};
  std::vector<queue::OutboxMessage> messages;
  VEDETTE_CO_TRY(auto workflows, co_await FindWorkflows(transaction, findings, fresh));
  std::map<Uuid, std::size_t> latest;  // of each alert, its last finding
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Finding& finding = findings[i];
    const Uuid id = AlertIdOf(finding);
    Workflow& workflow = workflows.at(id);
    raised[i] = finding.transition.kind == rules::TransitionKind::kRaised;
    AlertChange change = ChangeOf(finding, events, now);
    const Workflow after = AfterTransition(finding.transition.kind, workflow);
    change.workflow = after.state;
    if (after != workflow) change.reason = "reopened";
    workflow = after;
    changes.rows.push_back(ChangeParams(id, finding.study_id, std::move(change)));
    if (finding.evidence) {
      evidence.rows.push_back({BlobOf(id), ToUnixMicros(now),
                               Bytes{MakeEvidence(finding, events, now).SerializeAsString()}});
    }
    messages.push_back(MessageOf(finding, now));
    latest.insert_or_assign(id, i);
  }
  BulkInsert states = StateInsert();
  for (const auto& [id, i] : latest) {
    states.rows.push_back(StateParams(findings[i], std::move(workflows.at(id))));
  }
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(states)));
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(changes)));
  if (!evidence.rows.empty()) {
    VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(evidence)));
  }
  VEDETTE_CO_CHECK_OK(co_await outbox.Add(transaction, std::move(messages)));
  co_return raised;
}

}  // namespace vedette::monitor
