// SPDX-License-Identifier: Apache-2.0
#include "rules/live/engine_parts.h"

#include <algorithm>

#include "rules/live/retention.h"

namespace vedette::rules {
namespace {

// Subjects loaded last stay whole, so that what they were loaded for can be applied.
constexpr std::size_t kWholeSubjects = 64;

}  // namespace

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
    EmitSteps(INT64_MIN, due,
              [&](const Transition& transition) { transitions->push_back({handle, transition}); });
  }
}

}  // namespace vedette::rules
