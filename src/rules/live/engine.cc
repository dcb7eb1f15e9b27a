// SPDX-License-Identifier: Apache-2.0
#include "rules/live/engine.h"

#include <algorithm>

#include "rules/live/engine_parts.h"
#include "rules/live/retention.h"

namespace vedette::rules {

Engine::Engine(std::shared_ptr<const Catalog> catalog,
               std::vector<TimedRule> rules,
               EngineOptions options)
    : parts_(std::make_unique<Parts>(std::move(catalog), std::move(rules), options)) {}

Engine::~Engine() = default;

std::span<const TimedRule> Engine::rules() const { return parts_->plan.timed_rules; }

bool Engine::Reads(std::uint32_t item) const { return parts_->plan.layout->Keeps(item); }

SubjectHandle Engine::Subject(std::string_view subject_id, std::string_view site_id) {
  Parts& parts = *parts_;
  const auto known = parts.index.find(subject_id);
  if (known != parts.index.end()) {
    return known->second;
  }
  const auto handle = static_cast<SubjectHandle>(parts.subjects.size());
  const auto inserted = parts.index.emplace(std::string(subject_id), handle).first;
  const std::string_view site = parts.texts.Text(parts.texts.Intern(site_id));
  parts.subjects.push_back({.id = inserted->first, .site = site, .state = nullptr});
  return handle;
}

bool Engine::Loaded(SubjectHandle subject) const {
  return parts_->subjects[subject].state != nullptr;
}

bool Engine::NeedsLoad(SubjectHandle subject, std::span<const Change> changes) const {
  const SubjectState* state = parts_->subjects[subject].state.get();
  return state == nullptr || ReachesDropped(parts_->plan, *state, changes);
}

std::vector<DetectedAlert> Engine::Load(SubjectHandle subject,
                                        std::span<const Change> current,
                                        Seconds now) {
  Parts& parts = *parts_;
  Evict(subject);
  parts.latest = std::max(parts.latest, now);
  Parts::Entry& entry = parts.subjects[subject];
  entry.state = std::make_unique<SubjectState>(&parts.pools);
  entry.state->known = now;
  parts.Work(subject, now).Load(current);
  parts.space.steps.clear();
  std::vector<DetectedAlert> detected = Detected(subject);
  if (parts.options.bounded && !current.empty()) {
    parts.KeepWhole(subject);
  }
  return detected;
}

void Engine::Apply(SubjectHandle subject,
                   std::span<const Change> changes,
                   Seconds now,
                   std::vector<Transition>* transitions) {
  Parts& parts = *parts_;
  if (!Loaded(subject)) {
    Load(subject, {}, now);
  }
  parts.latest = std::max(parts.latest, now);
  parts.changes += changes.size();
  if (parts.options.bounded && changes.size() == 1) {
    parts.TrimFor(subject, changes[0], now);
  }
  SubjectState& state = *parts.subjects[subject].state;
  state.known = std::max(state.known, now);
  const Seconds front = state.front;
  parts.Take(subject, changes, now);
  if (!parts.space.steps.empty()) {
    parts.EmitSteps(front, now,
                    [&](const Transition& transition) { transitions->push_back(transition); });
  }
}

void Engine::Advance(Seconds now, std::vector<SubjectTransition>* transitions) {
  Parts& parts = *parts_;
  std::vector<TimerWheel::Due> due;
  for (;;) {
    const auto next = NextTimer();
    if (!next || *next > now) {
      break;
    }
    const Seconds at = *next;
    parts.latest = std::max(parts.latest, at);
    if (parts.ended < parts.ends.size() && parts.ends[parts.ended] <= at) {
      ++parts.ended;
      parts.EndVersions(at, transitions);
      continue;
    }
    due.clear();
    parts.space.timers.Take(at, &due);
    for (const TimerWheel::Due& timer : due) {
      const auto handle = static_cast<SubjectHandle>(timer.payload >> 32);
      const auto rule = static_cast<std::uint32_t>(timer.payload);
      parts.subjects[handle].state->Rule(rule).timer = TimerWheel::kNone;
      parts.Work(handle, at).OnTimer(rule);
      parts.EmitSteps(INT64_MIN, at, [&](const Transition& transition) {
        transitions->push_back({handle, transition});
      });
    }
  }
  parts.latest = std::max(parts.latest, now);
}

std::optional<Seconds> Engine::NextTimer() const {
  std::optional<Seconds> next = parts_->space.timers.Next();
  if (parts_->ended < parts_->ends.size()) {
    const Seconds end = parts_->ends[parts_->ended];
    next = next ? std::min(*next, end) : end;
  }
  return next;
}

std::vector<DetectedAlert> Engine::Detected(SubjectHandle subject) const {
  std::vector<DetectedAlert> detected;
  const SubjectState* state = parts_->subjects[subject].state.get();
  if (state == nullptr) {
    return detected;
  }
  for (const SubjectState::RuleEntry& entry : state->rules) {
    detected.insert(detected.end(), entry.state->alerts.begin(), entry.state->alerts.end());
  }
  return detected;
}

const SubjectView* Engine::View(SubjectHandle subject) const {
  const SubjectState* state = parts_->subjects[subject].state.get();
  return state == nullptr ? nullptr : &state->record;
}

std::optional<Anchor> Engine::AnchorOf(SubjectHandle subject, const DetectedAlert& alert) const {
  if (!Loaded(subject) || alert.rule >= parts_->plan.rules.size()) {
    return std::nullopt;
  }
  return parts_->Work(subject, parts_->latest).AnchorOf(alert);
}

void Engine::Evict(SubjectHandle subject) {
  SubjectState* state = parts_->subjects[subject].state.get();
  if (state == nullptr) {
    return;
  }
  for (const SubjectState::RuleEntry& entry : state->rules) {
    if (entry.state->timer != TimerWheel::kNone) {
      parts_->space.timers.Cancel(entry.state->timer);
    }
  }
  parts_->subjects[subject].state.reset();
}

EngineStatistics Engine::Statistics() const {
  const Parts& parts = *parts_;
  EngineStatistics statistics;
  statistics.changes = parts.changes;
  statistics.evaluations = parts.space.evaluations;
  statistics.fallbacks = parts.space.fallbacks;
  statistics.not_evaluable = parts.space.unknown;
  statistics.timers = parts.space.timers.size();
  statistics.ranges_refused = parts.ranges.refused();
  statistics.bytes = parts.subjects.capacity() * sizeof(Parts::Entry) + parts.space.timers.bytes();
  // A node of the index: its text, the handle, two pointers and what the allocator adds.
  constexpr std::size_t kNode = sizeof(std::string) + 48;
  for (const Parts::Entry& entry : parts.subjects) {
    statistics.bytes += kNode + (entry.id.size() > 15 ? entry.id.size() + 17 : 0);
    if (entry.state == nullptr) {
      continue;
    }
    ++statistics.subjects;
    statistics.observations += entry.state->record.observations();
    const auto& rules = entry.state->rules;
    statistics.bytes += sizeof(SubjectState) + 16 + entry.state->record.bytes() +
                        entry.state->receipts.bytes() +
                        (rules.capacity() == 0 ? 0 : rules.capacity() * sizeof(rules[0]) + 16);
    for (const SubjectState::RuleEntry& rule : rules) {
      statistics.bytes += rule.state->bytes();
    }
  }
  return statistics;
}

std::span<const Engine::RuleStatistics> Engine::StatisticsByRule() const {
  return parts_->space.statistics;
}

}  // namespace vedette::rules
