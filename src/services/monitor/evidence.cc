// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/evidence.h"

#include <chrono>
#include <string>

#include "services/monitor/subject_history.h"

namespace vedette::monitor {
namespace {

void AddValue(const ObservedValue& value, v1::EvidenceObservation* message) {
  if (const auto* number = std::get_if<NumberValue>(&value)) {
    message->set_number(number->number);
    message->set_comparator(std::string(ComparatorText(number->comparator)));
  } else if (const auto* text = std::get_if<TextValue>(&value)) {
    message->set_text(text->text);
  }
}

}  // namespace

v1::Evidence MakeEvidence(const Finding& finding, const EventLookup& events, Timestamp now) {
  const rules::Evidence& evidence = *finding.evidence;
  const rules::DetectedAlert& alert = finding.transition.alert;
  v1::Evidence message;
  message.set_rule_version_id(finding.rule.version_id);
  message.set_rule_content_hash(finding.rule.rule->content_hash());
  message.set_condition(finding.rule.rule->definition().when);
  message.set_event_time(ToUnixMicros(Timestamp(std::chrono::seconds(alert.fired))));
  message.set_received_at(ToUnixMicros(now));
  if (const LoggedEvent* fired =
          events.Find(finding.subject.id, finding.fired_item, alert.fired_key)) {
    message.set_event_id(fired->id.ToString());
    message.set_source(fired->source);
    message.set_event_time(ToUnixMicros(fired->time));
    message.set_received_at(ToUnixMicros(fired->received_at));
  }
  for (const rules::EvidenceStep& step : evidence.steps) {
    v1::EvidenceStep& line = *message.add_steps();
    line.set_expression(step.expression);
    line.set_value(step.value);
    line.set_unit(step.unit);
    line.set_depth(static_cast<std::int32_t>(step.depth));
  }
  for (const rules::EvidenceObservation& read : evidence.observations) {
    const std::string& item = finding.catalog->items[read.item].code;
    v1::EvidenceObservation& line = *message.add_observations();
    line.set_item(item);
    line.set_time(ToUnixMicros(Timestamp(std::chrono::seconds(read.time))));
    const LoggedEvent* event = events.Find(finding.subject.id, item, read.key);
    if (event == nullptr) continue;
    line.set_event_id(event->id.ToString());
    line.set_version(event->version);
    line.set_time(ToUnixMicros(event->time));
    line.set_unit(event->unit);
    AddValue(event->value, &line);
  }
  return message;
}

}  // namespace vedette::monitor
