// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/rule_metrics.h"

#include <chrono>
#include <set>

namespace vedette::monitor {
namespace {

constexpr std::size_t kMostRules = 200;
constexpr std::chrono::seconds kInterval(1);

}  // namespace

RuleMetrics::RuleMetrics(MetricsRegistry& metrics, const Clock& clock)
    : metrics_(metrics),
      clock_(clock),
      subjects_(metrics.GetGauge("vedette_monitor_engine_subjects",
                                 "Subjects whose data the engines hold.")),
      observations_(metrics.GetGauge("vedette_monitor_engine_observations",
                                     "Observations that the engines hold.")),
      bytes_(metrics.GetGauge("vedette_monitor_engine_bytes",
                              "Memory of the subjects that the engines hold.")),
      timers_(metrics.GetGauge("vedette_monitor_engine_timers", "Timers that are running.")),
      cold_(metrics.GetGauge("vedette_monitor_engine_studies_loading",
                             "Studies of which subjects are still being loaded.")) {}

RuleMetrics::Series& RuleMetrics::Of(const std::string& study, const std::string& rule) {
  std::pair place(study, rule);
  if (const auto found = series_.find(place); found != series_.end()) return found->second;
  if (series_.size() >= kMostRules) place = {"other", "other"};
  const MetricLabels labels{{"study", place.first}, {"rule", place.second}};
  const auto counter = [&](const char* name, const char* help) {
    return &metrics_.GetCounter(name, help, labels);
  };
  return series_
      .try_emplace(
          place,
          Series{counter("vedette_monitor_rule_evaluations_total", "Conditions judged, by rule."),
                 counter("vedette_monitor_rule_true_total", "Conditions found true, by rule."),
                 counter("vedette_monitor_rule_unknown_total",
                         "Conditions that could not be decided, by rule."),
                 counter("vedette_monitor_rule_alerts_total", "Alerts raised, by rule."),
                 counter("vedette_monitor_rule_slow_alerts_total",
                         "Alerts raised later after the data came than the rule allows.")})
      .first->second;
}

void RuleMetrics::Raised(const Findings& findings, Timestamp now) {
  for (const Finding& finding : findings) {
    if (finding.transition.kind != rules::TransitionKind::kRaised) continue;
    const rules::RuleDefinition& definition = finding.rule.rule->definition();
    Series& series = Of(finding.study_id, definition.rule_id);
    series.raised->Add();
    const auto waited = clock_.Now() - now;
    if (waited > std::chrono::milliseconds(definition.latency_objective_ms)) series.slow->Add();
  }
}

void RuleMetrics::Show(const EnginePool& pool) {
  const SteadyTime now = clock_.SteadyNow();
  if (now - shown_at_ < kInterval) return;
  shown_at_ = now;
  rules::EngineStatistics sum;
  std::int64_t cold = 0;
  std::set<const void*> alive;
  for (const auto& [study, engines] : pool.studies()) {
    if (!engines.warm) ++cold;
    for (const auto& slot : engines.slots) {
      const rules::EngineStatistics statistics = slot->engine().Statistics();
      sum.subjects += statistics.subjects;
      sum.observations += statistics.observations;
      sum.bytes += statistics.bytes;
      sum.timers += statistics.timers;
      alive.insert(slot.get());
      const auto by_rule = slot->engine().StatisticsByRule();
      for (std::size_t rule = 0; rule < by_rule.size(); ++rule) {
        Counts& told = told_[{slot.get(), rule}];
        if (by_rule[rule].evaluations < told.evaluations) told = {};  // another at its address
        Series& series = Of(study, slot->engine().rules()[rule].rule->definition().rule_id);
        series.evaluations->Add(by_rule[rule].evaluations - told.evaluations);
        series.fired->Add(by_rule[rule].fired - told.fired);
        series.unknown->Add(by_rule[rule].unknown - told.unknown);
        told = {by_rule[rule].evaluations, by_rule[rule].fired, by_rule[rule].unknown};
      }
    }
  }
  std::erase_if(told_, [&](const auto& entry) { return !alive.contains(entry.first.first); });
  subjects_.Set(static_cast<double>(sum.subjects));
  observations_.Set(static_cast<double>(sum.observations));
  bytes_.Set(static_cast<double>(sum.bytes));
  timers_.Set(static_cast<double>(sum.timers));
  cold_.Set(static_cast<double>(cold));
}

}  // namespace vedette::monitor
