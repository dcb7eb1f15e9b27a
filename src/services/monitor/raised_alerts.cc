// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/raised_alerts.h"

#include <string>
#include <string_view>
#include <utility>

#include "services/monitor/alert_types.h"
#include "services/monitor/columns.h"

namespace vedette::monitor {
namespace {

using db::BulkInsert;
using db::ColumnType;
using db::Params;
using db::Row;

std::int64_t Number(auto enumerator) { return static_cast<std::int64_t>(enumerator); }

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

}  // namespace

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

}  // namespace vedette::monitor
