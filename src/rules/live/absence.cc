// SPDX-License-Identifier: Apache-2.0
#include "rules/live/absence.h"

#include <algorithm>

#include "rules/clinical/judge.h"
#include "rules/clinical/visit_schedule.h"
#include "rules/live/alert_id.h"
#include "rules/live/critical_times.h"

namespace vedette::rules {
namespace {

Anchor AtTime(Anchor anchor, Seconds now, Seconds settle) {
  anchor.now = now;
  if (anchor.row == nullptr) {
    anchor.time = now;
    anchor.as_of = now;
  } else {
    anchor.as_of = anchor.time + settle;
  }
  return anchor;
}

std::vector<Anchor> AnchorsOf(const Rule& rule, const SubjectView& subject) {
  std::vector<Anchor> anchors;
  switch (rule.definition().scope) {
    case EvaluationScope::kVisit:
      for (const CatalogVisit& visit : subject.catalog().visits) {
        if (TimesOf(visit, subject)) {
          anchors.push_back({.visit = &visit, .key = AnchorKeyOf(visit.code)});
        }
      }
      break;
    case EvaluationScope::kRow:
      for (const FormRow& row : subject.Rows(rule.definition().each_form)) {
        anchors.push_back({.row = &row, .time = row.time, .key = row.key});
      }
      break;
    default:
      anchors.push_back({});
  }
  return anchors;
}

// When an anchor at which the condition holds at all times is due.
std::optional<Seconds> StartOf(const Anchor& anchor, const SubjectView& subject) {
  if (anchor.row != nullptr) {
    return anchor.time;
  }
  if (anchor.visit != nullptr) {
    if (const auto times = TimesOf(*anchor.visit, subject)) {
      return times->due;
    }
  }
  return std::nullopt;
}

}  // namespace

bool IsJudgedByTime(const Rule& rule) {
  const EvaluationScope scope = rule.definition().scope;
  return scope == EvaluationScope::kVisit ||
         (rule.facts().reads_now &&
          (scope == EvaluationScope::kSubject || scope == EvaluationScope::kRow));
}

std::vector<Absence> FindAbsences(const Rule& rule,
                                  const SubjectView& subject,
                                  const FeatureContext& context,
                                  Seconds now,
                                  std::optional<Seconds>* next) {
  const Condition& when = rule.when();
  const Seconds settle = rule.definition().settle;
  std::vector<Slot> frame(when.frame_size());
  when.Prepare(frame.data());
  const auto holds = [&](const Anchor& anchor, Seconds time) {
    return JudgeAnchor(when, subject, AtTime(anchor, time, settle), context, frame.data())
               .verdict == Truth::kTrue;
  };
  std::vector<Absence> found;
  next->reset();
  for (const Anchor& anchor : AnchorsOf(rule, subject)) {
    const std::vector<Seconds> times =
        CriticalTimes(when, subject, AtTime(anchor, now, settle), context);
    const auto later = std::ranges::upper_bound(times, now);
    if (later != times.end() && (!*next || *later < **next)) {
      *next = *later;
    }
    if (!holds(anchor, now)) {
      continue;
    }
    // Back to the last time at which it did not hold yet.
    auto since = later;
    while (since != times.begin() && holds(anchor, *(since - 1))) {
      --since;
    }
    Seconds due = since == later ? (since == times.begin() ? 0 : *(since - 1) + 1) : *since;
    if (since == times.begin() && (times.empty() || holds(anchor, times.front() - 1))) {
      due = StartOf(anchor, subject).value_or(due);
    }
    const Anchor at_due = AtTime(anchor, due, settle);
    found.push_back({.anchor = at_due,
                     .started = anchor.row == nullptr ? due : anchor.time,
                     .key = anchor.key,
                     .due = due});
  }
  return found;
}

}  // namespace vedette::rules
