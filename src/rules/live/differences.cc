// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "rules/live/alert_id.h"
#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

// Pending alerts are no news to anyone.
bool Announced(const DetectedAlert& alert) {
  return alert.detection != Detection::kPending && alert.detection != Detection::kRetracted;
}

class DifferenceList {
 public:
  DifferenceList(std::uint64_t cause, std::uint32_t cause_item, Seconds at)
      : cause_(cause), cause_item_(cause_item), at_(at) {}

  void Add(TransitionKind kind,
           const DetectedAlert& alert,
           std::optional<Id128> successor = std::nullopt) {
    transitions_.push_back({.id = TransitionId(alert.id, kind, cause_, cause_item_, at_),
                            .kind = kind,
                            .alert = alert,
                            .cause = cause_,
                            .cause_item = cause_item_,
                            .successor = successor});
  }
  std::vector<Transition> Take() { return std::move(transitions_); }

 private:
  std::uint64_t cause_;
  std::uint32_t cause_item_;
  Seconds at_;
  std::vector<Transition> transitions_;
};

void Raised(const DetectedAlert& alert, DifferenceList* list) {
  list->Add(TransitionKind::kRaised, alert);
  if (alert.detection == Detection::kRecovering) {
    list->Add(TransitionKind::kRecovering, alert);
  } else if (alert.detection == Detection::kResolved) {
    list->Add(TransitionKind::kResolved, alert);
  } else if (alert.detection == Detection::kInactive) {
    list->Add(TransitionKind::kSuperseded, alert);
  }
}

// The alert that holds the founding anchor, or part of the episode, of one that is gone.
std::optional<Id128> SuccessorOf(const DetectedAlert& gone, std::span<const DetectedAlert> after) {
  for (const DetectedAlert& alert : after) {
    if (alert.rule == gone.rule && alert.id != gone.id && Announced(alert) &&
        alert.started <= gone.last && alert.last >= gone.started) {
      return alert.id;
    }
  }
  return std::nullopt;
}

void Gone(const DetectedAlert& alert, std::span<const DetectedAlert> after, DifferenceList* list) {
  if (alert.fired_item == kTimerItem) {
    if (alert.detection != Detection::kResolved) {
      DetectedAlert resolved = alert;
      resolved.detection = Detection::kResolved;
      list->Add(TransitionKind::kResolved, resolved);
    }
    return;
  }
  list->Add(TransitionKind::kRetracted, alert, SuccessorOf(alert, after));
}

void Changed(const DetectedAlert& before, const DetectedAlert& after, DifferenceList* list) {
  if (after.digest != before.digest || after.fired != before.fired ||
      after.fired_key != before.fired_key) {
    list->Add(TransitionKind::kEvidenceChanged, after);
  }
  const bool was_over =
      before.detection == Detection::kResolved || before.detection == Detection::kInactive;
  switch (after.detection) {
    case Detection::kFiring:
      if (before.detection != Detection::kFiring) {
        list->Add(TransitionKind::kFiringAgain, after);
      }
      break;
    case Detection::kInactive:
      if (before.detection != Detection::kInactive) {
        list->Add(TransitionKind::kSuperseded, after);
      }
      break;
    case Detection::kRecovering:
      if (was_over) {
        list->Add(TransitionKind::kFiringAgain, after);
      }
      if (before.detection != Detection::kRecovering) {
        list->Add(TransitionKind::kRecovering, after);
      }
      break;
    default:
      if (before.detection != Detection::kResolved || before.resolved != after.resolved) {
        list->Add(TransitionKind::kResolved, after);
      }
      break;
  }
}

// Of alerts of one id, which two versions of a rule may hold, the one that is at work.
std::map<Id128, const DetectedAlert*> ById(std::span<const DetectedAlert> alerts) {
  std::map<Id128, const DetectedAlert*> by_id;
  for (const DetectedAlert& alert : alerts) {
    const DetectedAlert*& held = by_id[alert.id];
    if (held == nullptr || held->detection == Detection::kInactive) {
      held = &alert;
    }
  }
  return by_id;
}

}  // namespace

std::vector<Transition> Differences(std::span<const DetectedAlert> before,
                                    std::span<const DetectedAlert> after,
                                    std::uint64_t cause,
                                    std::uint32_t cause_item,
                                    Seconds at) {
  DifferenceList list(cause, cause_item, at);
  const auto was = ById(before);
  const auto is = ById(after);
  for (const DetectedAlert& alert : before) {
    if (was.at(alert.id) != &alert || !Announced(alert)) {
      continue;
    }
    const auto found = is.find(alert.id);
    if (found == is.end() || !Announced(*found->second)) {
      Gone(alert, after, &list);
    } else {
      Changed(alert, *found->second, &list);
    }
  }
  for (const DetectedAlert& alert : after) {
    if (is.at(alert.id) != &alert || !Announced(alert)) {
      continue;
    }
    const auto found = was.find(alert.id);
    if (found == was.end() || !Announced(*found->second)) {
      Raised(alert, &list);
    }
  }
  return list.Take();
}

}  // namespace vedette::rules
