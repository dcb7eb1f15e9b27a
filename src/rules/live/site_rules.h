// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/clinical/feature_reader.h"
#include "rules/live/alert.h"
#include "rules/live/episode_folder.h"
#include "rules/rule.h"

namespace vedette::rules {

// The rules of one study that are about sites or the study. They are judged once a day, at 00:00
// UTC, by the rates known then; a day that is past is not judged again. Not thread-safe.
class SiteRules {
 public:
  struct SiteTransition {
    std::string site_id;  // empty: the study
    Transition transition;
  };

  // Takes the rules of scope site and study; others are left alone. DetectedAlert::rule is an index
  // into `rules`.
  SiteRules(std::shared_ptr<const Catalog> catalog, std::vector<TimedRule> rules);

  // Whether there is anything to judge.
  bool empty() const { return judged_.empty(); }
  // The first midnight after `now`.
  static Seconds NextMidnight(Seconds now);

  // Judges the day that begins at `midnight` for each site, then the study. Days come in order; a
  // day that is left out is no anchor. Appends the differences: by rule, then site.
  void JudgeDay(Seconds midnight,
                std::span<const std::string> sites,
                const KriSource& rates,
                std::vector<SiteTransition>* transitions);

  // After a restart: an alert on file that was firing or recovering. A recovering one is taken to
  // have cleared the day after it was last true.
  void Restore(std::string_view site_id, const DetectedAlert& alert);

  std::vector<DetectedAlert> Detected(std::string_view site_id) const;

 private:
  struct State {
    explicit State(const RuleDefinition& rule) : folder(rule) {}
    EpisodeFolder folder;
    std::vector<DetectedAlert> alerts;
  };

  State& StateOf(std::uint32_t rule, std::string_view site_id);
  void JudgeSite(std::uint32_t rule,
                 std::string_view site_id,
                 Seconds midnight,
                 const KriSource& rates,
                 std::vector<SiteTransition>* transitions);
  AnchorOutcome Judge(const Rule& rule, const Anchor& anchor, const FeatureContext& context) const;

  std::shared_ptr<const Catalog> catalog_;
  std::vector<TimedRule> rules_;
  std::vector<std::uint32_t> judged_;  // of rules_, those of sites and the study
  StudyContext study_;
  std::map<std::pair<std::uint32_t, std::string>, State> states_;
};

}  // namespace vedette::rules
