// SPDX-License-Identifier: Apache-2.0
#include "rules/live/fold_start.h"

#include <algorithm>
#include <optional>

namespace vedette::rules {
namespace {

FoldStart FromTheBeginning(const RuleDefinition& rule, const RuleState& state) {
  return {.folder = state.carry == nullptr ? EpisodeFolder(rule) : *state.carry};
}

// Each true anchor fires by itself: only those of the same day have to do with each other.
FoldStart ByTime(const RuleDefinition& rule, const RuleState& state, Seconds time) {
  return {.folder = EpisodeFolder(rule),
          .mark = FirstMark(state, time),
          .alerts = FoundedBefore(state, time)};
}

// After the last true anchor of the episode that is open, if that lies before the change.
std::optional<FoldStart> WithinOpenEpisode(const RuleDefinition& rule,
                                           const RuleState& state,
                                           Seconds changed_from) {
  const DetectedAlert& open = state.alerts.back();
  if (open.detection == Detection::kResolved || open.detection == Detection::kInactive ||
      open.last >= changed_from || open.last < state.folded_until) {
    return std::nullopt;
  }
  std::uint32_t next = FirstMark(state, open.last + 1);
  while (next > 0 && state.marks[next - 1].outcome() != AnchorMark::kTrue) {
    --next;
  }
  if (next == 0 || state.marks[next - 1].time() != open.last) {
    return std::nullopt;
  }
  const AnchorMark& last = state.marks[next - 1];
  const bool pending = open.detection == Detection::kPending;
  FoldedEpisode episode;
  episode.founding = {.time = open.started, .key = open.anchor_key};
  episode.fired =
      pending ? episode.founding : EpisodeAnchor{open.fired, open.fired_key, open.fired_item};
  episode.last = {last.time(), last.key(), last.item()};
  episode.anchors = open.anchors;
  episode.state = pending ? Episode::State::kPending : Episode::State::kFiring;
  return FoldStart{.folder = EpisodeFolder::After(rule, episode),
                   .mark = next,
                   .follows_mark = true,
                   .alerts = state.alerts.size() - 1};
}

// At the last episode that was founded before the change: nothing is open there.
std::optional<FoldStart> AtAnEpisode(const RuleDefinition& rule,
                                     const RuleState& state,
                                     Seconds changed_from) {
  for (std::size_t i = FoundedBefore(state, changed_from); i-- > 0;) {
    const Seconds started = state.alerts[i].started;
    if (started < state.folded_until) {
      break;
    }
    // Anchors of one second are told apart by their keys, which are folded again.
    if (i == 0 || state.alerts[i - 1].last < started) {
      return FoldStart{
          .folder = EpisodeFolder(rule), .mark = FirstMark(state, started), .alerts = i};
    }
  }
  return std::nullopt;
}

Seconds StartOfDay(Seconds time) { return time - (time % kDay + kDay) % kDay; }

}  // namespace

std::uint32_t FirstMark(const RuleState& state, Seconds time) {
  return static_cast<std::uint32_t>(
      std::partition_point(state.marks.begin(), state.marks.end(),
                           [time](const AnchorMark& mark) { return mark.time() < time; }) -
      state.marks.begin());
}

std::size_t FoundedBefore(const RuleState& state, Seconds time) {
  return static_cast<std::size_t>(
      std::ranges::lower_bound(state.alerts, time, {}, &DetectedAlert::started) -
      state.alerts.begin());
}

FoldStart FindFoldStart(const RuleDefinition& rule, const RuleState& state, Seconds changed_from) {
  if (changed_from == INT64_MIN || changed_from < state.folded_until) {
    return FromTheBeginning(rule, state);
  }
  if (rule.dedupe == Dedupe::kEpisode) {
    if (state.alerts.empty()) {
      return FromTheBeginning(rule, state);
    }
    if (auto within = WithinOpenEpisode(rule, state, changed_from)) {
      return *std::move(within);
    }
    if (auto at = AtAnEpisode(rule, state, changed_from)) {
      return *std::move(at);
    }
    return FromTheBeginning(rule, state);
  }
  if (rule.for_ == 0 && rule.dedupe == Dedupe::kAnchor) {
    return ByTime(rule, state, changed_from);
  }
  if (rule.for_ == 0 && rule.dedupe == Dedupe::kDay &&
      StartOfDay(changed_from) >= state.folded_until) {
    return ByTime(rule, state, StartOfDay(changed_from));
  }
  return FromTheBeginning(rule, state);
}

}  // namespace vedette::rules
