// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/record_passes.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rules/backtest/alert_collector.h"
#include "rules/backtest/history_subject.h"
#include "rules/clinical/judge.h"
#include "rules/clinical/kri.h"
#include "rules/clinical/visit_schedule.h"
#include "rules/live/absence.h"
#include "rules/live/digest.h"
#include "rules/live/engine.h"
#include "rules/live/reach.h"

namespace vedette::rules {
namespace {

// How often progress is told.
constexpr std::uint32_t kSubjectsOfStep = 256;

std::vector<Slot> PreparedFrame(const Condition& condition) {
  std::vector<Slot> frame(std::max<std::size_t>(condition.frame_size(), 1));
  condition.Prepare(frame.data());
  return frame;
}

// What an engine with this rule alone would keep: since when a condition has held may depend on it.
std::vector<std::uint32_t> ItemsReadBy(const Rule& rule, const StudyContext& study) {
  std::vector<std::uint32_t> items;
  for (const auto& [item, reach] : ReachOf(rule, study.catalog())) {
    items.push_back(item);
  }
  if (study.first_dose() != UINT32_MAX) {
    items.push_back(study.first_dose());
  }
  return items;
}

// Calls `each` with every subject and its record, until cancelled.
template <class Each>
void ForEachSubject(
    const Rule& rule, const RunContext& context, HistorySubject* record, RuleRun* run, Each each) {
  const History& history = *context.history;
  FeatureContext features{.study = context.study, .units = &rule.definition().units};
  const auto subjects = static_cast<std::uint32_t>(history.subjects());
  for (std::uint32_t subject = 0; subject < subjects; ++subject) {
    record->Select(subject);
    features.subject_id = history.SubjectId(subject);
    features.site_id = history.SiteId(subject);
    each(subject, *record, features);
    if (subject % kSubjectsOfStep == 0 && context.progress &&
        !context.progress(static_cast<double>(subject) / subjects)) {
      run->cancelled = true;
      return;
    }
  }
}

// Judges single anchors of one rule.
class AnchorJudge {
 public:
  explicit AnchorJudge(const Rule& rule) : rule_(rule), when_frame_(PreparedFrame(rule.when())) {
    if (rule.resolve_when() != nullptr) {
      resolve_frame_ = PreparedFrame(*rule.resolve_when());
    }
  }

  AnchorOutcome Judge(const SubjectView& record,
                      const Anchor& anchor,
                      const FeatureContext& features,
                      RuleRun* run) {
    const Truth when =
        JudgeAnchor(rule_.when(), record, anchor, features, when_frame_.data()).verdict;
    ++run->anchors;
    run->not_evaluable += when == Truth::kUnknown ? 1 : 0;
    if (when == Truth::kTrue) {
      return AnchorOutcome::kTrue;
    }
    const bool clear =
        rule_.resolve_when() == nullptr
            ? when == Truth::kFalse
            : JudgeAnchor(*rule_.resolve_when(), record, anchor, features, resolve_frame_.data())
                      .verdict == Truth::kTrue;
    return clear ? AnchorOutcome::kClear : AnchorOutcome::kNone;
  }

 private:
  const Rule& rule_;
  std::vector<Slot> when_frame_;
  std::vector<Slot> resolve_frame_;
};

std::size_t AbsenceAnchors(const Rule& rule, const SubjectView& record) {
  switch (rule.definition().scope) {
    case EvaluationScope::kVisit:
      return static_cast<std::size_t>(
          std::count_if(record.catalog().visits.begin(), record.catalog().visits.end(),
                        [&](const CatalogVisit& visit) { return TimesOf(visit, record); }));
    case EvaluationScope::kRow:
      return record.Rows(rule.definition().each_form).size();
    default:
      return 1;
  }
}

}  // namespace

void RunRows(const Rule& rule, const RunContext& context, RuleRun* run) {
  const Seconds settle = rule.definition().settle;
  AnchorJudge judge(rule);
  AlertCollector collector(rule, context.history->catalog().study_id, run);
  std::vector<JudgedAnchor> judged;
  std::vector<Anchor> anchors;
  HistorySubject records(*context.history);
  records.Restrict(ItemsReadBy(rule, *context.study));
  ForEachSubject(
      rule, context, &records, run,
      [&](std::uint32_t subject, const SubjectView& record, const FeatureContext& features) {
        judged.clear();
        anchors.clear();
        for (const FormRow& row : record.Rows(rule.definition().each_form)) {
          if (settle > 0 && row.time + settle > context.now) {
            continue;
          }
          const Anchor anchor{.row = &row,
                              .time = row.time,
                              .key = row.key,
                              .as_of = row.time + settle,
                              .now = context.now};
          anchors.push_back(anchor);
          judged.push_back({.time = row.time,
                            .key = row.key,
                            .outcome = judge.Judge(record, anchor, features, run)});
        }
        collector.Add(subject, features.subject_id, judged, [&](std::size_t anchor) {
          return EvidenceDigest(rule.when().features(), record, anchors[anchor], features);
        });
      });
}

void RunAbsences(const Rule& rule, const RunContext& context, RuleRun* run) {
  const RuleDefinition& definition = rule.definition();
  const std::string& study_id = context.history->catalog().study_id;
  std::vector<BacktestAlert> alerts;
  std::vector<JudgedAnchor> judged;
  HistorySubject records(*context.history);
  records.Restrict(ItemsReadBy(rule, *context.study));
  ForEachSubject(
      rule, context, &records, run,
      [&](std::uint32_t subject, const SubjectView& record, const FeatureContext& features) {
        std::optional<Seconds> next;
        run->anchors += AbsenceAnchors(rule, record);
        alerts.clear();
        for (const Absence& absence : FindAbsences(rule, record, features, context.now, &next)) {
          // As of a version that has been at work since 1970.
          const Seconds fired = std::max<Seconds>(absence.due + definition.for_, 0);
          if (fired > context.now) {
            continue;
          }
          const DetectedAlert alert{
              .id = AlertId(study_id, definition.rule_id, features.subject_id, absence.started,
                            absence.key),
              .started = absence.started,
              .anchor_key = absence.key,
              .fired = fired,
              .fired_key = absence.key,
              .fired_item = kTimerItem,
              .last = fired,
              .digest = EvidenceDigest(rule.when().features(), record, absence.anchor, features),
              .anchors = 1};
          alerts.push_back({.subject = subject,
                            .scope_key = std::string(features.subject_id),
                            .alert = alert,
                            .raised_at = fired});
        }
        std::ranges::sort(alerts, {}, [](const BacktestAlert& alert) {
          return std::pair(alert.alert.started, alert.alert.anchor_key);
        });
        judged.clear();
        for (BacktestAlert& alert : alerts) {
          judged.push_back({.time = alert.alert.fired, .outcome = AnchorOutcome::kTrue});
          run->tally.AddAlert(alert);
          run->alerts.push_back(std::move(alert));
        }
        std::ranges::sort(judged, {}, &JudgedAnchor::time);
        run->tally.AddRecords(subject, judged);
      });
}

void RunSites(const Rule& rule, const RunContext& context, RuleRun* run) {
  const History& history = *context.history;
  KriSums sums(history.catalog().kris.size());
  HistorySubject records(history);
  ForEachSubject(rule, context, &records, run,
                 [&](std::uint32_t, const SubjectView& record, const FeatureContext& features) {
                   sums.AddSubject(record, features.site_id, context.now);
                 });
  if (run->cancelled) {
    return;
  }
  const KriTable kris(history.catalog(), sums);
  std::set<std::string, std::less<>> sites;
  if (rule.definition().scope == EvaluationScope::kStudy) {
    sites.emplace();
  } else {
    for (std::uint32_t subject = 0; subject < history.subjects(); ++subject) {
      sites.emplace(history.SiteId(subject));
    }
  }
  const Seconds day = Seconds{DayNumber(context.now)} * kDay;
  const HistorySubject nobody(history);
  AnchorJudge judge(rule);
  AlertCollector collector(rule, history.catalog().study_id, run);
  for (const std::string& site : sites) {
    const FeatureContext features{
        .study = context.study, .units = &rule.definition().units, .kris = &kris, .site_id = site};
    const Anchor anchor{.time = day, .as_of = day, .now = context.now};
    const JudgedAnchor judged{.time = day, .outcome = judge.Judge(nobody, anchor, features, run)};
    collector.Add(kNoSubject, site, std::span(&judged, 1), [&](std::size_t) {
      return EvidenceDigest(rule.when().features(), nobody, anchor, features);
    });
  }
}

}  // namespace vedette::rules
