// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

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

// Alerts by id; of those of one id, which two versions of a rule may hold, the one that is at work.
class AlertsById {
 public:
  explicit AlertsById(std::span<const DetectedAlert> alerts) {
    by_id_.reserve(alerts.size());
    for (const DetectedAlert& alert : alerts) by_id_.push_back(&alert);
    // Of an id the first one that is at work comes first; where none is, the last one.
    std::sort(by_id_.begin(), by_id_.end(), [](const DetectedAlert* a, const DetectedAlert* b) {
      if (a->id != b->id) return a->id < b->id;
      const bool a_works = a->detection != Detection::kInactive;
      const bool b_works = b->detection != Detection::kInactive;
      if (a_works != b_works) return a_works;
      return a_works ? a < b : b < a;
    });
  }

  // Null when there is none.
  const DetectedAlert* Find(const Id128& id) const {
    const auto found = std::lower_bound(
        by_id_.begin(), by_id_.end(), id,
        [](const DetectedAlert* alert, const Id128& wanted) { return alert->id < wanted; });
    return found == by_id_.end() || (*found)->id != id ? nullptr : *found;
  }

 private:
  std::vector<const DetectedAlert*> by_id_;
};

}  // namespace

std::vector<Transition> Differences(std::span<const DetectedAlert> before,
                                    std::span<const DetectedAlert> after,
                                    std::uint64_t cause,
                                    std::uint32_t cause_item,
                                    Seconds at) {
  DifferenceList list(cause, cause_item, at);
  const AlertsById was(before);
  const AlertsById is(after);
  for (const DetectedAlert& alert : before) {
    if (!Announced(alert) || was.Find(alert.id) != &alert) {
      continue;
    }
    const DetectedAlert* found = is.Find(alert.id);
    if (found == nullptr || !Announced(*found)) {
      Gone(alert, after, &list);
    } else {
      Changed(alert, *found, &list);
    }
  }
  for (const DetectedAlert& alert : after) {
    if (!Announced(alert) || is.Find(alert.id) != &alert) {
      continue;
    }
    const DetectedAlert* found = was.Find(alert.id);
    if (found == nullptr || !Announced(*found)) {
      Raised(alert, &list);
    }
  }
  return list.Take();
}

}  // namespace vedette::rules
