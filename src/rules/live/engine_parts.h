// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/clinical/pools.h"
#include "rules/live/engine.h"
#include "rules/live/subject_work.h"

namespace vedette::rules {

// Finds a text by a view of it.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

// What an engine is made of.
struct Engine::Parts {
  Parts(std::shared_ptr<const Catalog> catalog, std::vector<TimedRule> rules, EngineOptions given)
      : plan(std::move(catalog), std::move(rules)),
        options(given),
        pools{plan.layout.get(), &texts, &ranges},
        space(plan) {
    for (const PlannedRule& rule : plan.rules) {
      if (rule.timed.until != INT64_MAX && rule.kind != PlannedRule::Kind::kSite) {
        ends.push_back(rule.timed.until);
      }
    }
    std::ranges::sort(ends);
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  }

  struct Entry {
    std::string_view id;  // in the index
    std::string_view site;
    std::unique_ptr<SubjectState> state;
  };

  SubjectWork Work(SubjectHandle handle, Seconds now) {
    Entry& entry = subjects[handle];
    return {plan, &space, handle, entry.state.get(), entry.id, entry.site, now};
  }
  Seconds FloorOf(const SubjectState& state) const {
    return state.front == INT64_MIN ? INT64_MIN : state.front - options.lateness;
  }
  void Trim(SubjectHandle handle);
  void KeepWhole(SubjectHandle handle);
  void TrimFor(SubjectHandle handle, const Change& change, Seconds now);
  template <class Emit>
  void EmitSteps(Seconds front, Seconds now, Emit emit);
  void Take(SubjectHandle handle, std::span<const Change> changes, Seconds now);
  void EndVersions(Seconds due, std::vector<SubjectTransition>* transitions);

  EnginePlan plan;
  EngineOptions options;
  HashTextPool texts;
  HashRangeTable ranges;
  RecordPools pools;
  WorkSpace space;
  std::vector<Entry> subjects;
  std::unordered_map<std::string, SubjectHandle, TextHash, std::equal_to<>> index;
  std::deque<SubjectHandle> whole;
  std::vector<Seconds> ends;  // of versions, ascending; those passed are gone
  std::size_t ended = 0;
  std::uint64_t changes = 0;
  Seconds latest = INT64_MIN;
};

template <class Emit>
void Engine::Parts::EmitSteps(Seconds front, Seconds now, Emit emit) {
  for (std::size_t i = 0; i < space.steps.size(); ++i) {
    RuleStep& step = space.steps[i];
    if (step.rule == UINT32_MAX) {
      continue;
    }
    // Versions of one rule take alerts over from each other.
    for (std::size_t j = i + 1; j < space.steps.size(); ++j) {
      RuleStep& other = space.steps[j];
      if (other.rule != UINT32_MAX &&
          plan.rules[other.rule].definition->rule_id == plan.rules[step.rule].definition->rule_id) {
        step.before.insert(step.before.end(), other.before.begin(), other.before.end());
        step.after.insert(step.after.end(), other.after.begin(), other.after.end());
        other.rule = UINT32_MAX;
      }
    }
    for (Transition& transition :
         Differences(step.before, step.after, step.cause, step.cause_item, step.at)) {
      DetectedAlert& alert = transition.alert;
      if (transition.kind == TransitionKind::kRaised && alert.fired_item != kTimerItem) {
        transition.late = alert.started < front;
      }
      if (transition.kind == TransitionKind::kResolved && alert.fired_item == kTimerItem &&
          !alert.resolved) {
        alert.resolved = now;
      }
      emit(transition);
    }
  }
  space.steps.clear();
}

}  // namespace vedette::rules
