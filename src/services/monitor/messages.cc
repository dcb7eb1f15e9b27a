// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/messages.h"

#include <chrono>
#include <utility>

#include "services/monitor/policy.h"

namespace vedette::monitor {
namespace {

std::int64_t MicrosOrZero(const std::optional<Timestamp>& time) {
  return time ? ToUnixMicros(*time) : 0;
}

std::string TextOf(const std::optional<Uuid>& id) { return id ? id->ToString() : std::string(); }

// That its rule's version ended is the change; the axis shows that it fires no more.
const std::string& ShownDetection(const std::string& detection) {
  static const std::string kResolved = "resolved";
  return detection == "superseded" ? kResolved : detection;
}

void ToProto(AlertCount count, v1::AlertCount* message) {
  message->set_key(std::move(count.key));
  message->set_alerts(count.alerts);
  message->set_subjects(count.subjects);
}

void ToProto(SeriesPoint point, v1::SeriesPoint* message) {
  message->set_event_id(point.event_id.ToString());
  message->set_time(ToUnixMicros(point.time));
  if (const auto* number = std::get_if<NumberValue>(&point.value)) {
    message->set_number(number->number);
    message->set_comparator(std::string(ComparatorText(number->comparator)));
  } else if (auto* text = std::get_if<TextValue>(&point.value)) {
    message->set_text(std::move(text->text));
  } else {
    message->set_absent_reason(std::move(std::get<AbsentValue>(point.value).reason));
  }
  message->set_version(point.version);
  message->set_superseded(point.superseded);
  if (point.range_low) message->set_range_low(*point.range_low);
  if (point.range_high) message->set_range_high(*point.range_high);
  for (const Uuid& id : point.alert_ids) message->add_alert_ids(id.ToString());
}

void ToProto(Threshold threshold, v1::Threshold* message) {
  message->set_rule_id(std::move(threshold.rule_id));
  message->set_rule_name(std::move(threshold.rule_name));
  message->set_comparison(static_cast<rule::v1::Comparison>(threshold.comparison));
  message->set_value(threshold.value);
  message->set_severity(static_cast<rule::v1::Severity>(threshold.severity));
}

}  // namespace

GivenObservation FromProto(v1::Observation& message) {
  GivenObservation given{
      .subject_number = std::move(*message.mutable_subject_number()),
      .item = std::move(*message.mutable_item()),
      .comparator = std::move(*message.mutable_comparator()),
      .absent_reason = std::move(*message.mutable_absent_reason()),
      .unit = std::move(*message.mutable_unit()),
      .time = std::move(*message.mutable_time()),
      .idempotency_key = std::move(*message.mutable_idempotency_key()),
      .corrects = std::move(*message.mutable_corrects()),
      .withdrawn = message.withdrawn(),
      .row = std::move(*message.mutable_row()),
  };
  if (message.has_number()) given.number = message.number();
  if (message.has_text()) given.text = std::move(*message.mutable_text());
  if (message.has_range_low()) given.range_low = message.range_low();
  if (message.has_range_high()) given.range_high = message.range_high();
  return given;
}

v1::AlertChange ToProto(AlertChange change) {
  v1::AlertChange message;
  message.set_sequence(change.sequence);
  message.set_change(std::move(change.change));
  message.set_at(ToUnixMicros(change.at));
  message.set_recorded_at(ToUnixMicros(change.recorded_at));
  message.set_by(std::move(change.actor));
  message.set_reason(std::move(change.reason));
  message.set_text(std::move(change.text));
  message.set_cause_event_id(TextOf(change.cause_event_id));
  message.set_cause_version(change.cause_version);
  message.set_late(change.late);
  message.set_successor_id(TextOf(change.successor));
  message.set_detection(ShownDetection(change.detection));
  message.set_workflow(std::move(change.workflow));
  message.set_signature_meaning(std::move(change.signature_meaning));
  message.set_signed_by(std::move(change.signed_by));
  return message;
}

v1::Silence ToProto(Silence silence) {
  v1::Silence message;
  message.set_id(silence.id.ToString());
  message.set_study_id(std::move(silence.study_id));
  message.set_rule_id(std::move(silence.rule_id));
  message.set_site_id(std::move(silence.site_id));
  message.set_subject_number(std::move(silence.subject_number));
  message.set_until(ToUnixMicros(silence.until));
  message.set_reason(std::move(silence.reason));
  message.set_created_by(std::move(silence.created_by));
  message.set_created_at(ToUnixMicros(silence.created_at));
  message.set_ended_at(MicrosOrZero(silence.ended_at));
  return message;
}

v1::Alert ToProto(EnrichedAlert enriched) {
  const AlertRecord& alert = *enriched.alert;
  v1::Alert message;
  message.set_alert_id(alert.id.ToString());
  message.set_rule_name(std::move(enriched.rule_name));
  message.set_patient_id(alert.subject_id);
  message.set_message(alert.message);
  message.set_timestamp(
      std::chrono::floor<std::chrono::seconds>(alert.raised_at).time_since_epoch().count());
  message.set_rule_id(alert.rule_id);
  message.set_rule_version(alert.rule_version);
  message.set_severity(static_cast<rule::v1::Severity>(alert.severity));
  message.set_subject_number(alert.subject_number);
  message.set_subject_name(std::move(enriched.subject_name));
  message.set_site_id(alert.site_id);
  message.set_item(alert.item);
  message.set_event_time(ToUnixMicros(alert.event_time));
  message.set_raised_at(ToUnixMicros(alert.raised_at));
  message.set_sequence(alert.sequence);
  message.set_change_sequence(alert.change_sequence);
  message.set_change(alert.change);
  const std::string& detection = ShownDetection(alert.detection);
  message.set_detection(detection);
  message.set_workflow(alert.workflow.state);
  message.set_closed_as(alert.workflow.closed_as);
  message.set_assignee(alert.workflow.assignee);
  message.set_late(alert.late);
  message.set_resolved_at(MicrosOrZero(alert.resolved_at));
  message.set_successor_id(TextOf(alert.successor));
  message.set_message_zh(alert.message_zh);
  message.set_rule_name_zh(std::move(enriched.rule_name_zh));
  message.set_scope(alert.scope);
  message.set_silenced_until(MicrosOrZero(enriched.silenced_until));
  message.set_inhibited_by(TextOf(alert.inhibited_by));
  message.set_condition_no_longer_met(ConditionNoLongerMet(detection, alert.workflow.state));
  message.set_due_at(MicrosOrZero(alert.due_at));
  message.set_observations(alert.observations);
  return message;
}

v1::AlertDetail ToProto(AlertDetail detail) {
  v1::AlertDetail message;
  *message.mutable_alert() = ToProto(std::move(detail.alert));
  *message.mutable_evidence() = std::move(detail.evidence);
  for (AlertChange& change : detail.trail) *message.add_history() = ToProto(std::move(change));
  return message;
}

v1::AlertSummary ToProto(AlertSummary summary) {
  v1::AlertSummary message;
  message.set_alerts(summary.alerts);
  message.set_subjects(summary.subjects);
  message.set_events(summary.events);
  message.set_firing(summary.firing);
  message.set_open(summary.open);
  message.set_retracted(summary.retracted);
  for (AlertCount& count : summary.by_rule) ToProto(std::move(count), message.add_by_rule());
  for (AlertCount& count : summary.by_site) ToProto(std::move(count), message.add_by_site());
  return message;
}

v1::Series ToProto(SubjectSeries series) {
  v1::Series message;
  message.set_subject_number(std::move(series.subject_number));
  message.set_unit(std::move(series.unit));
  for (SeriesPoint& point : series.points) ToProto(std::move(point), message.add_points());
  for (Threshold& threshold : series.thresholds) {
    ToProto(std::move(threshold), message.add_thresholds());
  }
  return message;
}

}  // namespace vedette::monitor
