// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/alert_tables.h"

#include <vedette/monitor/v1/monitor.pb.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "services/monitor/columns.h"
#include "services/monitor/event_lookup.h"
#include "services/monitor/evidence.h"
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

constexpr Sql kFindStanding{
    "monitor_find_standing",
    "SELECT a.severity, s.detection, s.workflow, s.closed_as, s.assignee,"
    " (SELECT COALESCE(MAX(c.sequence), 0) FROM monitor_alert_change c WHERE c.alert_id = a.id)"
    " FROM monitor_alert a JOIN monitor_alert_state s ON s.alert_id = a.id"
    " WHERE a.id = $1 AND a.study_id = $2"};
constexpr Sql kSetWorkflow{"monitor_set_workflow",
                           "UPDATE monitor_alert_state SET workflow = $2, closed_as = $3,"
                           " assignee = $4 WHERE alert_id = $1"};

std::int64_t Number(auto enumerator) { return static_cast<std::int64_t>(enumerator); }

Uuid AlertIdOf(const Finding& finding) { return Uuid{finding.transition.alert.id}; }

std::optional<Uuid> SuccessorOf(const Finding& finding) {
  if (!finding.transition.successor) return std::nullopt;
  return Uuid{*finding.transition.successor};
}

std::string_view ScopeText(rules::EvaluationScope scope) {
  switch (scope) {
    case rules::EvaluationScope::kSubject:
      return "subject";
    case rules::EvaluationScope::kRow:
      return "row";
    case rules::EvaluationScope::kVisit:
      return "visit";
    case rules::EvaluationScope::kSite:
      return "site";
    case rules::EvaluationScope::kStudy:
      return "study";
  }
  return "subject";
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

AlertFacts FactsOf(const Finding& finding, const EventLookup& events, Timestamp now) {
  const rules::DetectedAlert& alert = finding.transition.alert;
  const rules::Rule& rule = *finding.rule.rule;
  const rules::RuleDefinition& definition = rule.definition();
  AlertFacts facts{.id = AlertIdOf(finding),
                   .study_id = finding.study_id,
                   .site_id = finding.subject.site_id,
                   .subject_id = finding.subject.id,
                   .subject_number = finding.subject.number,
                   .rule_version_id = finding.rule.version_id,
                   .rule_id = definition.rule_id,
                   .rule_version = definition.version,
                   .rule_content_hash = rule.content_hash(),
                   .severity = definition.severity,
                   .scope = std::string(ScopeText(definition.scope)),
                   .unblinding = rule.facts().unblinding,
                   .event_time = Timestamp(std::chrono::seconds(alert.fired)),
                   .received_at = now,
                   .raised_at = now,
                   .late = finding.transition.late,
                   .started = alert.started,
                   .anchor_key = alert.anchor_key};
  if (finding.evidence) {
    facts.message = finding.evidence->text_en;
    facts.message_zh = finding.evidence->text_zh;
  }
  if (finding.fired_item != kTimerText) facts.item = finding.fired_item;
  const LoggedEvent* event = events.Find(finding.subject.id, finding.fired_item, alert.fired_key);
  if (event == nullptr && finding.fired_item.empty()) {
    // A row fires by the field that came.
    event = events.Find(finding.subject.id, finding.cause_item, finding.transition.cause);
  }
  if (event != nullptr) {
    facts.event_id = event->id;
    facts.source = event->source;
    facts.event_time = event->time;
    facts.received_at = event->received_at;
  }
  if (definition.clock_due > 0) facts.due_at = now + std::chrono::seconds(definition.clock_due);
  return facts;
}

Params AlertParams(AlertFacts facts) {
  return {BlobOf(facts.id),
          std::move(facts.study_id),
          std::move(facts.site_id),
          std::move(facts.subject_id),
          std::move(facts.subject_number),
          std::move(facts.rule_version_id),
          std::move(facts.rule_id),
          std::int64_t{facts.rule_version},
          std::move(facts.rule_content_hash),
          Number(facts.severity),
          std::move(facts.scope),
          facts.unblinding,
          BlobOrNull(facts.event_id),
          std::move(facts.item),
          std::move(facts.message),
          std::move(facts.message_zh),
          std::move(facts.source),
          ToUnixMicros(facts.event_time),
          ToUnixMicros(facts.received_at),
          ToUnixMicros(facts.raised_at),
          facts.late,
          MicrosOrNull(facts.due_at),
          facts.started,
          Signed(facts.anchor_key)};
}

// The new ones among those raised.
Task<Result<std::set<Uuid>>> InsertAlerts(db::Transaction& transaction,
                                          const Findings& findings,
                                          const EventLookup& events,
                                          Timestamp now) {
  using enum ColumnType;
  BulkInsert insert{
      .name = "monitor_insert_alerts",
      .table = "monitor_alert",
      .columns = {{"id", kBytes},        {"study_id", kText},       {"site_id", kText},
                  {"subject_id", kText}, {"subject_number", kText}, {"rule_version_id", kText},
                  {"rule_id", kText},    {"rule_version", kInt},    {"rule_content_hash", kText},
                  {"severity", kInt},    {"scope", kText},          {"unblinding", kBool},
                  {"event_id", kBytes},  {"item", kText},           {"message", kText},
                  {"message_zh", kText}, {"source", kText},         {"event_time", kInt},
                  {"received_at", kInt}, {"raised_at", kInt},       {"late", kBool},
                  {"due_at", kInt},      {"started", kInt},         {"anchor_key", kInt}},
      .suffix = "ON CONFLICT (id) DO NOTHING RETURNING id"};
  std::set<Uuid> fresh;
  for (const Finding& finding : findings) {
    if (finding.transition.kind != rules::TransitionKind::kRaised) continue;
    insert.rows.push_back(AlertParams(FactsOf(finding, events, now)));
  }
  if (insert.rows.empty()) co_return fresh;
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Insert(std::move(insert)));
  for (const Row& row : rows) fresh.insert(ReadUuid(row, 0));
  co_return fresh;
}

struct KnownStanding {
  Standing standing;
  std::string detection;
  std::int64_t change_sequence = 0;
};

Task<Result<std::optional<KnownStanding>>> FindStanding(db::Transaction& transaction,
                                                        std::string study_id,
                                                        Uuid id) {
  VEDETTE_CO_TRY(const auto rows, co_await transaction.Query(
                                      kFindStanding, Params{BlobOf(id), std::move(study_id)}));
  if (rows.empty()) co_return std::nullopt;
  const Row& row = rows[0];
  co_return KnownStanding{.standing = {.severity = static_cast<rules::Severity>(row.Int(0)),
                                       .workflow = {row.Text(2), row.Text(3), row.Text(4)}},
                          .detection = row.Text(1),
                          .change_sequence = row.Int(5)};
}

BulkInsert ChangeInsert() {
  using enum ColumnType;
  return {.name = "monitor_insert_alert_changes",
          .table = "monitor_alert_change",
          .columns = {{"alert_id", kBytes},
                      {"study_id", kText},
                      {"change", kText},
                      {"at", kInt},
                      {"recorded_at", kInt},
                      {"actor", kText},
                      {"reason", kText},
                      {"text", kText},
                      {"cause_event_id", kBytes},
                      {"cause_version", kInt},
                      {"late", kBool},
                      {"successor", kBytes},
                      {"detection", kText},
                      {"workflow", kText},
                      {"signature_meaning", kText},
                      {"signed_by", kText}}};
}

Params ChangeParams(const Uuid& alert_id, std::string study_id, AlertChange change) {
  return {BlobOf(alert_id),
          std::move(study_id),
          std::move(change.change),
          ToUnixMicros(change.at),
          ToUnixMicros(change.recorded_at),
          std::move(change.actor),
          std::move(change.reason),
          std::move(change.text),
          BlobOrNull(change.cause_event_id),
          std::int64_t{change.cause_version},
          change.late,
          BlobOrNull(change.successor),
          std::move(change.detection),
          std::move(change.workflow),
          std::move(change.signature_meaning),
          std::move(change.signed_by)};
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
  std::map<Uuid, Workflow> workflows;
  std::map<Uuid, std::size_t> latest;  // of each alert, its last finding
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Finding& finding = findings[i];
    const Uuid id = AlertIdOf(finding);
    const auto [workflow, unknown] = workflows.try_emplace(id);
    if (unknown && !fresh.contains(id)) {
      VEDETTE_CO_TRY(const auto known, co_await FindStanding(transaction, finding.study_id, id));
      if (known) workflow->second = known->standing.workflow;
    }
    raised[i] = finding.transition.kind == rules::TransitionKind::kRaised;
    AlertChange change = ChangeOf(finding, events, now);
    const Workflow after = AfterTransition(finding.transition.kind, workflow->second);
    change.workflow = after.state;
    if (after != workflow->second) change.reason = "reopened";
    workflow->second = after;
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

Task<Result<Status>> WriteAction(db::Transaction& transaction, ActionEntry entry, Timestamp now) {
  VEDETTE_CO_TRY(const auto known,
                 co_await FindStanding(transaction, entry.study_id, entry.alert_id));
  if (!known) co_return Status(Fail(Code::kNotFound, "The study has no such alert."));
  if (entry.seen != 0 && entry.seen != known->change_sequence) {
    co_return Status(
        Fail(Code::kConflict, "The alert has changed since you saw it; look at it again."));
  }
  const auto after = Decide(known->standing, entry.request);
  if (!after) co_return Status(std::unexpected(after.error()));
  AlertChange change{.change = std::string(ActionText(entry.request.action)),
                     .at = now,
                     .recorded_at = now,
                     .actor = std::move(entry.actor),
                     .reason = entry.request.close_as,
                     .text = std::move(entry.request.text),
                     .detection = known->detection,
                     .workflow = after->state,
                     .signed_by = std::move(entry.signed_by)};
  if (!change.signed_by.empty()) change.signature_meaning = SignatureMeaning(entry.request);
  BulkInsert changes = ChangeInsert();
  changes.rows.push_back(ChangeParams(entry.alert_id, entry.study_id, std::move(change)));
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(changes)));
  VEDETTE_CO_CHECK_OK(co_await transaction.Query(
      kSetWorkflow,
      Params{BlobOf(entry.alert_id), after->state, after->closed_as, after->assignee}));
  co_return Status{};
}

}  // namespace vedette::monitor
