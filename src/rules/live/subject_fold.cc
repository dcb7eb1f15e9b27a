// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include "rules/live/alert_id.h"
#include "rules/live/digest.h"
#include "rules/live/subject_work.h"

namespace vedette::rules {
namespace {

// The places of a sequence of anchors: a series or the rows of a form.
AnchorMark PlaceOf(const Observation& observation, std::uint32_t item) {
  return {observation.time(), observation.key(), item, AnchorMark::kNone};
}
AnchorMark PlaceOf(const FormRow& row, std::uint32_t item) {
  return {row.time, row.key, item, AnchorMark::kNone};
}

// The first and the last anchor of a sequence strictly between two places, from a time on and
// before another.
struct Gap {
  std::optional<AnchorMark> first;
  std::optional<AnchorMark> last;

  template <class Sequence>
  void Extend(const Sequence& sequence,
              std::uint32_t item,
              const AnchorMark* after,
              Seconds from,
              const AnchorMark* before,
              Seconds until) {
    const auto begin = std::partition_point(sequence.begin(), sequence.end(), [&](const auto& one) {
      const AnchorMark place = PlaceOf(one, item);
      return place.time() < from || (after != nullptr && !(*after < place));
    });
    const auto end = std::partition_point(begin, sequence.end(), [&](const auto& one) {
      const AnchorMark place = PlaceOf(one, item);
      return place.time() < until && (before == nullptr || place < *before);
    });
    if (begin == end) {
      return;
    }
    const AnchorMark earliest = PlaceOf(*begin, item);
    const AnchorMark latest = PlaceOf(*(end - 1), item);
    first = !first || earliest < *first ? earliest : *first;
    last = !last || *last < latest ? latest : *last;
  }
};

// The clear anchors between two marks. All of an anchor's sequence that have no mark are clear.
Gap ClearsBetween(const PlannedRule& planned,
                  const SubjectRecord& record,
                  const AnchorMark* after,
                  Seconds from,
                  const AnchorMark* before,
                  Seconds until) {
  Gap gap;
  if (planned.kind == PlannedRule::Kind::kRows) {
    gap.Extend(record.Rows(planned.definition->each_form), UINT32_MAX, after, from, before, until);
  }
  for (const std::uint32_t item : planned.anchors) {
    gap.Extend(record.Series(item), item, after, from, before, until);
  }
  return gap;
}

JudgedAnchor Judged(const AnchorMark& place, AnchorOutcome outcome) {
  return {place.time(), place.key(), place.item(), outcome};
}

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
  return Detection::kFiring;
}

// Equal as far as anybody is told.
bool SameNews(const DetectedAlert& a, const DetectedAlert& b) {
  return a.id == b.id && a.detection == b.detection && a.resolved == b.resolved &&
         a.digest == b.digest && a.fired == b.fired && a.fired_key == b.fired_key;
}

}  // namespace

// The clear anchors between two marks: the first tells when an episode cleared, the last whether it
// is over. Those between them change nothing.
void SubjectWork::AddClears(std::uint32_t rule,
                            const AnchorMark* after,
                            Seconds from,
                            const AnchorMark* before,
                            Seconds until,
                            EpisodeFolder* folder) const {
  const Gap gap = ClearsBetween(plan_.rules[rule], state_.record, after, from, before, until);
  if (gap.first && gap.last) {
    folder->Add(Judged(*gap.first, AnchorOutcome::kClear));
    if (*gap.first < *gap.last) {
      folder->Add(Judged(*gap.last, AnchorOutcome::kClear));
    }
  }
}

void SubjectWork::FoldMarks(std::uint32_t rule,
                            const RuleState& state,
                            const FoldStart& start,
                            EpisodeFolder* folder,
                            Seconds until) {
  const AnchorMark* previous = start.follows_mark ? &state.marks[start.mark - 1] : nullptr;
  for (std::uint32_t i = start.mark; i < state.marks.size(); ++i) {
    const AnchorMark& mark = state.marks[i];
    if (mark.time() >= until) {
      break;
    }
    if (folder->open()) {
      AddClears(rule, previous, state.folded_until, &mark, until, folder);
    }
    if (mark.outcome() == AnchorMark::kTrue) {
      folder->Add(Judged(mark, AnchorOutcome::kTrue));
    } else if (mark.outcome() == AnchorMark::kNone) {
      folder->Add(Judged(mark, AnchorOutcome::kNone));
    }
    previous = &mark;
  }
  if (folder->open()) {
    AddClears(rule, previous, state.folded_until, nullptr, until, folder);
  }
}

// Begins after a clear anchor shortly before the change, where all episodes are over: runs of true
// anchors that were cleared before they fired leave nothing from which to begin.
void SubjectWork::SkipWhatIsOver(std::uint32_t rule,
                                 const RuleState& state,
                                 Seconds changed_from,
                                 FoldStart* start) const {
  constexpr std::uint32_t kMarksLookedAt = 8;
  const PlannedRule& planned = plan_.rules[rule];
  if (planned.definition->dedupe != Dedupe::kEpisode || start->follows_mark ||
      changed_from < state.folded_until || changed_from == INT64_MIN) {
    return;
  }
  const std::uint32_t changed = FirstMark(state, changed_from);
  const std::uint32_t lowest = changed > kMarksLookedAt ? changed - kMarksLookedAt : 0;
  for (std::uint32_t next = changed; next > std::max(lowest, start->mark); --next) {
    const AnchorMark* following = next < changed ? &state.marks[next] : nullptr;
    const Gap gap = ClearsBetween(planned, state_.record, &state.marks[next - 1],
                                  state.folded_until, following, changed_from);
    if (!gap.last || (following != nullptr && following->time() <= gap.last->time())) {
      continue;
    }
    const Seconds clear = gap.last->time();
    const std::size_t alerts = FoundedBefore(state, clear + 1);
    if (alerts > 0) {
      const DetectedAlert& latest = state.alerts[alerts - 1];
      const bool over = latest.detection == Detection::kResolved && latest.resolved &&
                        (*latest.resolved < clear ||
                         (*latest.resolved == clear && planned.definition->keep_firing_for == 0));
      if (!over) {
        continue;
      }
    }
    *start = {.folder = EpisodeFolder(*planned.definition), .mark = next, .alerts = alerts};
    return;
  }
}

DetectedAlert SubjectWork::AlertOf(std::uint32_t rule,
                                   const FoldedEpisode& episode,
                                   std::span<const DetectedAlert> known) {
  DetectedAlert alert;
  alert.rule = rule;
  alert.started = episode.founding.time;
  alert.anchor_key = episode.founding.key;
  alert.last = episode.last.time;
  alert.anchors = episode.anchors;
  alert.detection = DetectionOf(episode.state);
  if (alert.detection != Detection::kPending) {
    alert.fired = episode.fired.time;
    alert.fired_key = episode.fired.key;
    alert.fired_item = episode.fired.item;
  }
  if (alert.detection == Detection::kResolved) {
    alert.resolved = episode.resolved;
  } else if (EndOfTime(rule)) {
    alert.detection = Detection::kInactive;
  }
  const auto before = std::ranges::lower_bound(
      known, std::pair(alert.started, alert.anchor_key), {},
      [](const DetectedAlert& one) { return std::pair(one.started, one.anchor_key); });
  const bool same_founding = before != known.end() && before->started == alert.started &&
                             before->anchor_key == alert.anchor_key;
  alert.id = same_founding ? before->id
                           : AlertId(plan_.catalog->study_id, plan_.rules[rule].definition->rule_id,
                                     subject_id_, alert.started, alert.anchor_key);
  if (episode.state == Episode::State::kPending) {
    return alert;
  }
  // Evidence stays what it was unless the anchor that fired was judged again.
  const bool same_fired = same_founding && before->fired == alert.fired &&
                          before->fired_key == alert.fired_key &&
                          before->fired_item == alert.fired_item;
  const AnchorMark fired(alert.fired, alert.fired_key, alert.fired_item, AnchorMark::kTrue);
  const bool judged_again =
      std::binary_search(space_.judged_true.begin(), space_.judged_true.end(), fired);
  if (same_fired && !judged_again) {
    alert.digest = before->digest;
  } else if (const auto anchor = AnchorOf(alert)) {
    alert.digest = EvidenceDigest(plan_.rules[rule].timed.rule->when().features(), state_.record,
                                  *anchor, Context(rule));
  }
  return alert;
}

void SubjectWork::Fold(std::uint32_t rule, const Touch* cause, Seconds changed_from) {
  RuleState& state = state_.Rule(rule);
  // The end of a version is felt by all alerts.
  FoldStart start = FindFoldStart(*plan_.rules[rule].definition, state,
                                  EndOfTime(rule) ? INT64_MIN : changed_from);
  SkipWhatIsOver(rule, state, EndOfTime(rule) ? INT64_MIN : changed_from, &start);
  FoldMarks(rule, state, start, &start.folder, INT64_MAX);
  std::sort(space_.judged_true.begin(), space_.judged_true.end());  // AlertOf looks them up
  std::vector<DetectedAlert> alerts;
  for (const FoldedEpisode& episode : start.folder.Episodes()) {
    DetectedAlert alert = AlertOf(rule, episode, state.alerts);
    if (episode.state != Episode::State::kPending || !EndOfTime(rule)) {
      alerts.push_back(alert);
    }
  }
  Replace(rule, &state, start.alerts, std::move(alerts), cause);
}

// Of the alerts found before, the first `kept` stay; `alerts` take the place of the others.
void SubjectWork::Replace(std::uint32_t rule,
                          RuleState* state,
                          std::size_t kept,
                          std::vector<DetectedAlert> alerts,
                          const Touch* cause) {
  std::vector<DetectedAlert>& known = state->alerts;
  const auto old = known.begin() + static_cast<std::ptrdiff_t>(kept);
  if (!std::equal(old, known.end(), alerts.begin(), alerts.end(), SameNews)) {
    // With those kept that a retracted one could be part of now.
    Seconds earliest = old == known.end() ? INT64_MAX : old->started;
    earliest = alerts.empty() ? earliest : std::min(earliest, alerts.front().started);
    auto told = old;
    while (told != known.begin() && (told - 1)->last >= earliest) {
      --told;
    }
    RuleStep& step = space_.steps.emplace_back();
    step.rule = rule;
    step.before.assign(told, known.end());
    step.after.assign(told, old);
    step.after.insert(step.after.end(), alerts.begin(), alerts.end());
    step.cause = cause == nullptr ? 0 : cause->key;
    step.cause_item = cause == nullptr ? UINT32_MAX : cause->item;
    step.at = cause == nullptr ? now_ : cause->received;
  }
  if (kept == 0) {
    known = std::move(alerts);
    return;
  }
  known.erase(old, known.end());
  known.insert(known.end(), alerts.begin(), alerts.end());
}

void SubjectWork::FoldUntil(std::uint32_t rule, Seconds time) {
  RuleState* state = state_.Find(rule);
  if (state == nullptr || plan_.rules[rule].kind != PlannedRule::Kind::kSeries ||
      time <= state->folded_until) {
    return;
  }
  FoldStart start = FindFoldStart(*plan_.rules[rule].definition, *state, INT64_MIN);
  EpisodeFolder& folder = start.folder;
  FoldMarks(rule, *state, start, &folder, time);
  folder.DropFinished();
  state->carry = folder.fresh() ? nullptr : std::make_unique<EpisodeFolder>(std::move(folder));
  state->folded_until = time;
  std::uint32_t old = 0;
  while (old < state->marks.size() && state->marks[old].time() < time) {
    state->true_marks -= state->marks[old].outcome() == AnchorMark::kTrue ? 1 : 0;
    ++old;
  }
  state->marks.Erase(0, old);
  state->marks.Shrink();
  if (!state->alerts.empty()) {
    // What is over leaves without a word.
    const std::size_t steps = space_.steps.size();
    BeginStep();
    Fold(rule, nullptr, INT64_MIN);
    space_.steps.resize(steps);
    state->alerts.shrink_to_fit();
  }
  if (state->silent() && state->marks.empty() && state->timer == TimerWheel::kNone) {
    state_.Drop(rule);
  }
}

}  // namespace vedette::rules
