// SPDX-License-Identifier: Apache-2.0
#include "services/rule/backtest_report.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace vedette::rule {
namespace {

constexpr std::size_t kMostListed = 100;

std::int64_t Count(std::uint64_t number) { return static_cast<std::int64_t>(number); }

std::int64_t Micros(rules::Seconds seconds) { return seconds * 1'000'000; }

std::vector<CountedLabel> Labels(const std::vector<rules::BacktestCount>& counts) {
  std::vector<CountedLabel> labels;
  labels.reserve(counts.size());
  for (const rules::BacktestCount& one : counts) {
    labels.push_back({one.key, Count(one.records), Count(one.alerts)});
  }
  return labels;
}

// Those with the most alerts, then records, first.
std::vector<CountedLabel> Most(std::vector<CountedLabel> labels) {
  std::ranges::sort(labels, [](const CountedLabel& a, const CountedLabel& b) {
    return std::tie(b.alerts, b.records, a.label) < std::tie(a.alerts, a.records, b.label);
  });
  if (labels.size() > kMostListed) labels.resize(kMostListed);
  return labels;
}

std::vector<FoundAlert> Alerts(const std::vector<rules::BacktestAlert>& alerts,
                               const rules::History& history) {
  std::vector<FoundAlert> found;
  for (const rules::BacktestAlert& one : alerts) {
    if (found.size() == kMostListed) break;
    found.push_back({.subject_number = std::string(history.SubjectId(one.subject)),
                     .site_id = std::string(history.SiteId(one.subject)),
                     .started = Micros(one.alert.started),
                     .fired = Micros(one.alert.fired),
                     .resolved = one.alert.resolved ? Micros(*one.alert.resolved) : 0,
                     .raised_at = Micros(one.raised_at),
                     .retracted_at = one.retracted_at ? Micros(*one.retracted_at) : 0});
  }
  return found;
}

}  // namespace

BacktestReport ReportOf(const rules::BacktestResult& result, const rules::History& history) {
  BacktestReport report{.events = static_cast<std::int64_t>(history.observations()),
                        .anchors = Count(result.anchors),
                        .records = Count(result.records),
                        .not_evaluable = Count(result.not_evaluable),
                        .alerts = static_cast<std::int64_t>(result.alerts.size()),
                        .subjects = Count(result.subjects),
                        .days = Count(result.days),
                        .retracted = Count(result.retracted),
                        .alerts_per_subject_month = result.alerts_per_subject_month,
                        .by_day = Labels(result.by_day),
                        .by_site = Labels(result.by_site),
                        .by_subject = Most(Labels(result.by_subject)),
                        .examples = Alerts(result.alerts, history)};
  for (const rules::BacktestOverlap& one : result.overlap) {
    report.overlap.push_back({one.rule_id, Count(one.both), Count(one.only_this),
                              Count(one.only_other), Count(one.earlier)});
  }
  return report;
}

void AddComparison(const rules::BacktestDifference& difference,
                   const rules::History& history,
                   std::int32_t compared_with,
                   BacktestReport* report) {
  report->compared_with = compared_with;
  report->same = Count(difference.same);
  report->appear_count = static_cast<std::int64_t>(difference.appear.size());
  report->disappear_count = static_cast<std::int64_t>(difference.disappear.size());
  report->appear = Alerts(difference.appear, history);
  report->disappear = Alerts(difference.disappear, history);
}

}  // namespace vedette::rule
