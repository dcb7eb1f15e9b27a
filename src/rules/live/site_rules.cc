// SPDX-License-Identifier: Apache-2.0
#include "rules/live/site_rules.h"

#include <algorithm>

#include "rules/clinical/judge.h"
#include "rules/live/digest.h"
#include "rules/live/engine.h"
#include "rules/live/episode.h"

namespace vedette::rules {
namespace {

bool IsOpen(const DetectedAlert& alert) {
  return alert.detection == Detection::kFiring || alert.detection == Detection::kRecovering;
}

AnchorOutcome Judge(const SiteDay& day, const Rule& rule, const std::string& site_id) {
  const Nobody nobody(day.study.catalog());
  const auto judge = [&](const Condition& condition) {
    std::vector<Slot> frame(std::max<std::size_t>(condition.frame_size(), 1));
    condition.Prepare(frame.data());
    return JudgeAnchor(condition, nobody, AnchorOf(day), ContextOf(day, rule, site_id),
                       frame.data())
        .verdict;
  };
  const Truth when = judge(rule.when());
  if (when == Truth::kTrue) {
    return AnchorOutcome::kTrue;
  }
  const bool clear = rule.resolve_when() == nullptr ? when == Truth::kFalse
                                                    : judge(*rule.resolve_when()) == Truth::kTrue;
  return clear ? AnchorOutcome::kClear : AnchorOutcome::kNone;
}

// One rule and one site on one day.
class SiteJudge {
 public:
  SiteJudge(const SiteDay& day,
            std::span<const TimedRule> rules,
            std::uint32_t rule,
            const std::string& site_id,
            std::span<const SiteAlert> on_file,
            std::vector<SiteTransition>* transitions)
      : day_(day),
        rule_(*rules[rule].rule),
        index_(rule),
        site_id_(site_id),
        transitions_(transitions) {
    for (const SiteAlert& alert : on_file) {
      if (alert.alert.rule == rule && alert.site_id == site_id) {
        on_file_.push_back(alert.alert);
      }
    }
  }

  void Follow(std::optional<SiteRun>* run) {
    const RuleDefinition& definition = rule_.definition();
    const auto open = std::ranges::find_if(on_file_, IsOpen);
    const bool episodes = definition.dedupe == Dedupe::kEpisode;
    // What is on file goes before what is remembered of a step that may have been undone.
    if (episodes && open != on_file_.end() && (!*run || (*run)->founded != open->started)) {
      *run = SiteRun{.founded = open->started,
                     .last = open->last,
                     .anchors = open->anchors,
                     .fired = open->fired};
      if (open->detection == Detection::kRecovering) {
        (*run)->cleared = day_.day;
      }
    }
    const std::optional<SiteRun> before = *run;
    const std::optional<Seconds> resolved = Fold(run);
    if (!episodes) {
      RaiseFor(*run);
      return;
    }
    if (resolved && open != on_file_.end()) {
      DetectedAlert over = *open;
      over.detection = Detection::kResolved;
      over.resolved = resolved;
      over.last = before->last;
      over.anchors = before->anchors;
      Tell(TransitionKind::kResolved, over);
    }
    if (*run && (*run)->fired) {
      Compare(**run);
    }
  }

 private:
  // Takes the day's outcome in, as FoldEpisodes does. When the run came to its end.
  std::optional<Seconds> Fold(std::optional<SiteRun>* run) const {
    const RuleDefinition& definition = rule_.definition();
    std::optional<Seconds> resolved;
    if (*run && (*run)->cleared && day_.day - *(*run)->cleared > definition.keep_firing_for) {
      resolved = *(*run)->cleared + definition.keep_firing_for;
      run->reset();
    }
    const AnchorOutcome outcome = Judge(day_, rule_, site_id_);
    if (outcome == AnchorOutcome::kTrue) {
      if (!*run) {
        *run = SiteRun{.founded = day_.day};
      }
      (*run)->cleared.reset();
      if ((*run)->anchors == 0 || (*run)->last < day_.day) {
        (*run)->last = day_.day;
        ++(*run)->anchors;
      }
      if (!(*run)->fired && day_.day - (*run)->founded >= definition.for_) {
        (*run)->fired = day_.day;
      }
    } else if (outcome == AnchorOutcome::kClear && *run) {
      if ((*run)->fired && definition.keep_firing_for > 0) {
        (*run)->cleared = (*run)->cleared.value_or(day_.day);
      } else {
        resolved = (*run)->fired ? std::optional(day_.day) : resolved;
        run->reset();
      }
    }
    return resolved;
  }

  // What is detected now against what is on file.
  void Compare(const SiteRun& run) {
    DetectedAlert alert = Make(run.founded, *run.fired);
    alert.last = run.last;
    alert.anchors = run.anchors;
    const auto known = std::ranges::find(on_file_, alert.id, &DetectedAlert::id);
    if (known == on_file_.end()) {
      Tell(TransitionKind::kRaised, alert);
      return;
    }
    // What was read when it fired stays what it was.
    alert.digest = known->digest;
    if (run.cleared && known->detection == Detection::kFiring) {
      alert.detection = Detection::kRecovering;
      Tell(TransitionKind::kRecovering, alert);
    } else if (!run.cleared && known->detection != Detection::kFiring) {
      Tell(TransitionKind::kFiringAgain, alert);
    }
  }

  // Where alerts are not episodes: each day one, or one for ever.
  void RaiseFor(const std::optional<SiteRun>& run) {
    if (!run || run->last != day_.day || !run->fired) {
      return;
    }
    const bool once = rule_.definition().dedupe == Dedupe::kSubject;
    const DetectedAlert alert = Make(once ? run->founded : day_.day, day_.day);
    if (once ? on_file_.empty()
             : std::ranges::find(on_file_, alert.id, &DetectedAlert::id) == on_file_.end()) {
      Tell(TransitionKind::kRaised, alert);
    }
  }

  DetectedAlert Make(Seconds founded, Seconds fired) const {
    return {.id = AlertId(day_.study.catalog().study_id, rule_.definition().rule_id, site_id_,
                          founded, 0),
            .rule = index_,
            .started = founded,
            .fired = fired,
            .last = fired,
            .digest = EvidenceDigest(rule_.when().features(), Nobody(day_.study.catalog()),
                                     AnchorOf(day_), ContextOf(day_, rule_, site_id_)),
            .anchors = 1};
  }

  void Tell(TransitionKind kind, const DetectedAlert& alert) {
    transitions_->push_back({site_id_, {.kind = kind, .alert = alert}});
  }

  const SiteDay& day_;
  const Rule& rule_;
  std::uint32_t index_;
  const std::string& site_id_;
  std::vector<DetectedAlert> on_file_;
  std::vector<SiteTransition>* transitions_;
};

}  // namespace

bool IsJudgedDaily(const Rule& rule) {
  const EvaluationScope scope = rule.definition().scope;
  return scope == EvaluationScope::kSite || scope == EvaluationScope::kStudy;
}

std::vector<std::uint32_t> ItemsOfKris(const Catalog& catalog) {
  std::vector<std::uint32_t> items;
  for (std::uint32_t item = 0; item < catalog.items.size(); ++item) {
    const CatalogItem& of = catalog.items[item];
    const bool attribute = of.role == CatalogItem::Role::kAttribute &&
                           (of.name == catalog.visit_reference || of.name == "end");
    const bool field = of.role == CatalogItem::Role::kFormField &&
                       std::ranges::any_of(catalog.kris, [&](const CatalogKri& kri) {
                         return of.form == kri.numerator_form || of.form == kri.denominator;
                       });
    if (attribute || field) {
      items.push_back(item);
    }
  }
  return items;
}

Anchor AnchorOf(const SiteDay& day) { return {.time = day.day, .as_of = day.day, .now = day.now}; }

FeatureContext ContextOf(const SiteDay& day, const Rule& rule, const std::string& site_id) {
  return {.study = &day.study,
          .units = &rule.definition().units,
          .kris = &day.kris,
          .site_id = site_id};
}

std::vector<SiteTransition> JudgeSites(const SiteDay& day,
                                       std::span<const TimedRule> rules,
                                       std::span<const std::string> sites,
                                       std::span<const SiteAlert> on_file,
                                       SiteRuns* runs) {
  std::vector<SiteTransition> transitions;
  for (const SiteAlert& alert : on_file) {
    if (IsOpen(alert.alert) && rules[alert.alert.rule].until <= day.now) {
      Transition ended{.kind = TransitionKind::kSuperseded, .alert = alert.alert};
      ended.alert.detection = Detection::kInactive;
      transitions.push_back({alert.site_id, std::move(ended)});
    }
  }
  const std::string whole_study;
  for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
    const TimedRule& timed = rules[rule];
    if (!IsJudgedDaily(*timed.rule) || day.now < timed.from || day.now >= timed.until) {
      continue;
    }
    const bool of_study = timed.rule->definition().scope == EvaluationScope::kStudy;
    for (const std::string& site : of_study ? std::span(&whole_study, 1) : sites) {
      const auto place = runs->find({timed.version_id, site});
      std::optional<SiteRun> run;
      if (place != runs->end()) {
        run = place->second;
      }
      SiteJudge(day, rules, rule, site, on_file, &transitions).Follow(&run);
      if (run) {
        runs->insert_or_assign({timed.version_id, site}, *run);
      } else if (place != runs->end()) {
        runs->erase(place);
      }
    }
  }
  return transitions;
}

}  // namespace vedette::rules
