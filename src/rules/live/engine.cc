// SPDX-License-Identifier: Apache-2.0
#include "rules/live/engine.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "rules/clinical/pools.h"
#include "rules/live/retention.h"
#include "rules/live/subject_work.h"

namespace vedette::rules {
namespace {

// Subjects loaded last stay whole, so that what they were loaded for can be applied.
constexpr std::size_t kWholeSubjects = 64;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

}  // namespace

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

void Engine::Parts::Trim(SubjectHandle handle) {
  SubjectState* state = subjects[handle].state.get();
  if (state == nullptr || state->front == INT64_MIN) {
    return;
  }
  SubjectWork work = Work(handle, latest);
  TrimAll(plan, FloorOf(*state), &work, state);
}

void Engine::Parts::KeepWhole(SubjectHandle handle) {
  whole.push_back(handle);
  if (whole.size() > kWholeSubjects) {
    const SubjectHandle oldest = whole.front();
    whole.pop_front();
    if (std::ranges::find(whole, oldest) == whole.end()) {
      Trim(oldest);
    }
  }
}

// Makes room for an observation that comes in time: as soon as a few of its array's oldest ones are
// of no more use, a sixteenth of a long one.
void Engine::Parts::TrimFor(SubjectHandle handle, const Change& change, Seconds now) {
  SubjectState* state = subjects[handle].state.get();
  const Seconds floor = FloorOf(*state);
  if (floor == INT64_MIN || !plan.layout->Keeps(change.item) || change.kind != Change::Kind::kPut ||
      !change.first_version || change.time < floor) {
    return;
  }
  const ItemRetention& retention = plan.retention[change.item];
  const auto series = state->record.Series(change.item);
  // Where a baseline is kept it is the oldest one.
  const std::size_t oldest = (retention.baseline ? 1 : 0) + series.size() / 16;
  if (retention.everything || series.size() <= oldest + retention.count ||
      series[oldest].time() >=
          floor - plan.longest_settle - std::max<Seconds>(retention.window, 0)) {
    return;
  }
  SubjectWork work = Work(handle, now);
  TrimItem(plan, change.item, floor, &work, state);
}

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
      emit(std::move(transition));
    }
  }
  space.steps.clear();
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

// Takes the changes over and follows what they reach. Steps are left in the work space.
void Engine::Parts::Take(SubjectHandle handle, std::span<const Change> taken, Seconds now) {
  SubjectState& state = *subjects[handle].state;
  space.touches.clear();
  for (const Change& change : taken) {
    const RecordEffect effect = state.record.Apply(change);
    if (effect.removed && plan.receipts[change.item]) {
      state.receipts.Remove(effect.row, change.item);
    }
    if (effect.inserted && plan.receipts[change.item]) {
      state.receipts.Put(change.row, change.item, change.received);
    }
    if (effect.removed) {
      space.touches.push_back({.item = change.item,
                               .time = effect.removed->time(),
                               .key = effect.removed->key(),
                               .row = effect.row,
                               .received = change.received,
                               .inserted = false});
    }
    if (effect.inserted) {
      space.touches.push_back({.item = change.item,
                               .time = change.time,
                               .key = change.key,
                               .row = change.row,
                               .received = change.received,
                               .inserted = true});
      if (change.time <= now) {
        state.front = std::max(state.front, change.time);
      }
    }
  }
  if (!space.touches.empty()) {
    Work(handle, now).Follow();
  }
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
                    [&](Transition transition) { transitions->push_back(std::move(transition)); });
  }
}

void Engine::Parts::EndVersions(Seconds due, std::vector<SubjectTransition>* transitions) {
  for (SubjectHandle handle = 0; handle < subjects.size(); ++handle) {
    if (subjects[handle].state == nullptr) {
      continue;
    }
    // A subject is never taken back to a time before it was loaded or changed.
    const Seconds at = std::max(due, subjects[handle].state->known);
    for (std::uint32_t rule = 0; rule < plan.rules.size(); ++rule) {
      const TimedRule& timed = plan.rules[rule].timed;
      if (timed.until == due || timed.from == due) {
        Work(handle, at).Refresh(rule);
      }
    }
    EmitSteps(INT64_MIN, due, [&](Transition transition) {
      transitions->push_back({handle, std::move(transition)});
    });
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
      parts.EmitSteps(INT64_MIN, at, [&](Transition transition) {
        transitions->push_back({handle, std::move(transition)});
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
