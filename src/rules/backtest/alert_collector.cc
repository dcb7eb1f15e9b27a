// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/alert_collector.h"

#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

Detection DetectionOf(Episode::State state) {
  switch (state) {
    case Episode::State::kPending:
      return Detection::kPending;
    case Episode::State::kFiring:
      return Detection::kFiring;
    case Episode::State::kRecovering:
      return Detection::kRecovering;
    case Episode::State::kResolved:
      return Detection::kResolved;
  }
  return Detection::kInactive;
}

}  // namespace

void AlertCollector::Add(std::uint32_t subject,
                         std::string_view scope_key,
                         std::span<const JudgedAnchor> anchors,
                         const DigestOf& digest_of) {
  const RuleDefinition& definition = rule_.definition();
  if (subject == kNoSubject) {
    run_->tally.AddSiteRecords(scope_key, anchors);
  } else {
    run_->tally.AddRecords(subject, anchors);
  }
  for (const Episode& episode : FoldEpisodes(definition, anchors)) {
    if (episode.state == Episode::State::kPending) {
      continue;
    }
    const JudgedAnchor& founding = anchors[episode.founding];
    const JudgedAnchor& fired = anchors[episode.fired];
    DetectedAlert alert{
        .id = AlertId(study_id_, definition.rule_id, scope_key, founding.time, founding.key),
        .started = founding.time,
        .anchor_key = founding.key,
        .fired = fired.time,
        .fired_key = fired.key,
        .fired_item = fired.item,
        .last = anchors[episode.last].time,
        .detection = DetectionOf(episode.state),
        .digest = digest_of(episode.fired),
        .anchors = episode.anchors};
    if (episode.state == Episode::State::kResolved) {
      alert.resolved = episode.resolved;
    }
    run_->alerts.push_back({.subject = subject,
                            .scope_key = std::string(scope_key),
                            .alert = alert,
                            .raised_at = fired.time,
                            .retracted_at = std::nullopt});
    run_->tally.AddAlert(run_->alerts.back());
  }
}

}  // namespace vedette::rules
