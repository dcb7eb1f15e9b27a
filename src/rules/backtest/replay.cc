// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/replay.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

// How often progress is told.
constexpr std::size_t kChangesOfStep = 65'536;

class Replayer {
 public:
  Replayer(std::shared_ptr<const Rule> rule, const History& history)
      : history_(history),
        engine_(
            history.shared_catalog(), {TimedRule{.rule = std::move(rule)}}, {.bounded = false}) {
    for (std::uint32_t subject = 0; subject < history.subjects(); ++subject) {
      const SubjectHandle handle =
          engine_.Subject(history.SubjectId(subject), history.SiteId(subject));
      handles_.push_back(handle);
      subject_of_[handle] = subject;
      engine_.Load(handle, {}, 0);
    }
  }

  // Changes of one subject that were received together.
  void Apply(std::uint32_t subject, std::span<const Change> changes) {
    const Seconds received = changes.front().received;
    Advance(received);
    transitions_.clear();
    engine_.Apply(handles_[subject], changes, received, &transitions_);
    for (const Transition& transition : transitions_) {
      Note(subject, transition, received);
    }
  }

  bool Reads(std::uint32_t item) const { return engine_.Reads(item); }

  // One timer after the other, so that each is noted at its own time.
  void Advance(Seconds now) {
    for (auto due = engine_.NextTimer(); due && *due <= now; due = engine_.NextTimer()) {
      advanced_.clear();
      engine_.Advance(*due, &advanced_);
      for (const Engine::SubjectTransition& one : advanced_) {
        Note(subject_of_.at(one.subject), one.transition, *due);
      }
    }
  }

  void Finish(RuleRun* run) {
    for (std::uint32_t subject = 0; subject < handles_.size(); ++subject) {
      for (const DetectedAlert& alert : engine_.Detected(handles_[subject])) {
        const auto found = alerts_.find({subject, alert.id});
        if (found != alerts_.end() && !found->second.retracted_at) {
          found->second.alert = alert;
        }
      }
    }
    for (auto& [place, alert] : alerts_) {
      run->alerts.push_back(std::move(alert));
    }
    std::ranges::sort(run->alerts, {}, [](const BacktestAlert& alert) {
      return std::tuple(alert.subject, alert.alert.started, alert.alert.anchor_key);
    });
    for (const BacktestAlert& alert : run->alerts) {
      run->tally.AddAlert(alert);
    }
  }

 private:
  void Note(std::uint32_t subject, const Transition& transition, Seconds at) {
    const auto [place, added] = alerts_.try_emplace({subject, transition.alert.id});
    BacktestAlert& alert = place->second;
    if (added) {
      alert.subject = subject;
      alert.scope_key = history_.SubjectId(subject);
      alert.raised_at = at;
    }
    alert.alert = transition.alert;
    if (transition.kind == TransitionKind::kRetracted) {
      alert.retracted_at = at;
    } else if (transition.kind == TransitionKind::kRaised) {
      alert.retracted_at.reset();
    }
  }

  const History& history_;
  Engine engine_;
  std::vector<SubjectHandle> handles_;
  std::map<SubjectHandle, std::uint32_t> subject_of_;
  std::map<std::pair<std::uint32_t, Id128>, BacktestAlert> alerts_;
  std::vector<Transition> transitions_;
  std::vector<Engine::SubjectTransition> advanced_;
};

}  // namespace

void Replay(std::shared_ptr<const Rule> rule, const RunContext& context, RuleRun* run) {
  const std::span<const History::RecordedChange> arrival = context.history->Arrival();
  Replayer replayer(std::move(rule), *context.history);
  std::vector<Change> together;
  for (std::size_t i = 0; i < arrival.size() && arrival[i].change.received <= context.now;) {
    const std::size_t first = i;
    together.clear();
    for (; i < arrival.size() && arrival[i].subject == arrival[first].subject &&
           arrival[i].change.received == arrival[first].change.received;
         ++i) {
      if (replayer.Reads(arrival[i].change.item)) {
        together.push_back(arrival[i].change);
      }
    }
    if (!together.empty()) {
      replayer.Apply(arrival[first].subject, together);
    }
    const bool step = first / kChangesOfStep != i / kChangesOfStep;
    if (step && context.progress &&
        !context.progress(static_cast<double>(i) / static_cast<double>(arrival.size()))) {
      run->cancelled = true;
      return;
    }
  }
  replayer.Advance(context.now);
  replayer.Finish(run);
}

}  // namespace vedette::rules
