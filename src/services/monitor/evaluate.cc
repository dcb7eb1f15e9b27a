// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/evaluate.h"

#include <utility>

namespace vedette::monitor {
namespace {

AlertRecord Raise(const rules::CompiledRule& rule,
                  const Event& event,
                  Timestamp received_at,
                  Timestamp raised_at) {
  const rules::RuleSpec& spec = rule.spec();
  rules::Explanation why = rule.Explain(event);
  std::string cause = spec.version_id;
  cause.append(event.id.AsBytes());
  return {.id = DeriveUuid(received_at, cause),
          .study_id = event.study_id,
          .site_id = event.site_id,
          .subject_id = event.subject_id,
          .subject_number = event.subject_number,
          .rule_version_id = spec.version_id,
          .rule_id = spec.rule_id,
          .rule_version = spec.version,
          .rule_content_hash = spec.content_hash,
          .severity = spec.severity,
          .event_id = event.id,
          .item = event.item,
          .message = rule.Message(event),
          .expression = std::move(why.expression),
          .value = why.value,
          .value_comparator = why.value_comparator,
          .unit = std::move(why.unit),
          .comparison = why.comparison,
          .threshold = why.threshold,
          .source = event.source,
          .event_time = event.time.instant,
          .received_at = received_at,
          .raised_at = raised_at};
}

}  // namespace

std::int64_t Evaluate(std::span<const rules::ActiveRule> rules,
                      const Event& event,
                      Timestamp received_at,
                      Timestamp raised_at,
                      std::vector<AlertRecord>* alerts) {
  std::int64_t evaluated = 0;
  for (const rules::ActiveRule& active : rules) {
    if (!active.period.Contains(received_at)) continue;
    ++evaluated;
    if (active.rule->Evaluate(event) == rules::Verdict::kTrue) {
      alerts->push_back(Raise(*active.rule, event, received_at, raised_at));
    }
  }
  return evaluated;
}

}  // namespace vedette::monitor
