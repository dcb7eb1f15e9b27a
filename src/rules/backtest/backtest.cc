// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/backtest.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/backtest/replay.h"
#include "rules/backtest/rule_run.h"

namespace vedette::rules {
namespace {

using AlertPlace = std::tuple<std::string_view, Seconds, std::uint64_t>;

AlertPlace PlaceOf(const BacktestAlert& alert) {
  return {alert.scope_key, alert.alert.started, alert.alert.anchor_key};
}

// Which of `alerts` have no counterpart in `others`.
std::vector<BacktestAlert> Without(const std::vector<BacktestAlert>& alerts,
                                   const std::vector<BacktestAlert>& others) {
  std::vector<AlertPlace> places;
  places.reserve(others.size());
  for (const BacktestAlert& other : others) {
    places.push_back(PlaceOf(other));
  }
  std::sort(places.begin(), places.end());
  std::vector<BacktestAlert> result;
  for (const BacktestAlert& alert : alerts) {
    if (!std::binary_search(places.begin(), places.end(), PlaceOf(alert))) {
      result.push_back(alert);
    }
  }
  return result;
}

}  // namespace

BacktestResult RunBacktest(std::shared_ptr<const Rule> rule,
                           const History& history,
                           const BacktestOptions& options) {
  const StudyContext study(history.shared_catalog());
  const EvaluationScope scope = rule->definition().scope;
  const bool of_sites = scope == EvaluationScope::kSite || scope == EvaluationScope::kStudy;
  const bool as_known = options.mode == BacktestMode::kAsKnown && !of_sites;
  const bool replays = as_known && history.KeepsArrival();
  const double parts = static_cast<double>(options.active.size()) + (replays ? 2 : 1);
  double done = 0;
  RunContext context{.history = &history, .study = &study, .now = options.now};
  if (options.progress) {
    context.progress = [&](double share) { return options.progress((done + share) / parts); };
  }
  RuleRun run = RunAsCorrected(*rule, context);
  if (replays && !run.cancelled) {
    done += 1;
    run.alerts.clear();
    run.tally.ForgetAlerts();
    Replay(rule, context, &run);
  }
  BacktestResult result;
  result.arrival_unknown = as_known && !replays;
  result.anchors = run.anchors;
  result.not_evaluable = run.not_evaluable;
  result.cancelled = run.cancelled;
  run.tally.Finish(&result);
  result.alerts = std::move(run.alerts);
  result.retracted = static_cast<std::uint64_t>(std::ranges::count_if(
      result.alerts, [](const BacktestAlert& alert) { return alert.retracted_at.has_value(); }));
  for (const std::shared_ptr<const Rule>& active : options.active) {
    if (result.cancelled) {
      break;
    }
    done += 1;
    const RuleRun other = RunAsCorrected(*active, context);
    result.cancelled = other.cancelled;
    if (!other.cancelled) {
      BacktestOverlap overlap = OverlapOf(run.tally, other.tally, history.subjects());
      overlap.rule_id = active->definition().rule_id;
      result.overlap.push_back(std::move(overlap));
    }
  }
  return result;
}

BacktestDifference Compare(const BacktestResult& before, const BacktestResult& after) {
  BacktestDifference difference;
  difference.disappear = Without(before.alerts, after.alerts);
  difference.appear = Without(after.alerts, before.alerts);
  difference.same = before.alerts.size() - difference.disappear.size();
  return difference;
}

}  // namespace vedette::rules
