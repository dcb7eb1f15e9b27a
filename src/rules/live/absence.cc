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

// Of an anchor that is not a row: it is founded where it is due.
std::optional<Seconds> KnownStart(const EarlierAbsences& earlier, const Anchor& anchor) {
  if (anchor.row != nullptr || earlier.unchanged_before == INT64_MIN) {
    return std::nullopt;
  }
  for (const DetectedAlert& alert : earlier.alerts) {
    if (alert.anchor_key == anchor.key) {
      return alert.started;
    }
  }
  return std::nullopt;
}

// One rule over one subject.
class AbsenceSearch {
 public:
  AbsenceSearch(const Rule& rule, const SubjectView& subject, const FeatureContext& context)
      : when_(rule.when()),
        settle_(rule.definition().settle),
        subject_(subject),
        context_(context),
        frame_(when_.frame_size()) {
    when_.Prepare(frame_.data());
  }

  Anchor At(const Anchor& anchor, Seconds time) const { return AtTime(anchor, time, settle_); }
  CriticalTimes TimesAt(const Anchor& anchor, Seconds time) const {
    return {when_, subject_, At(anchor, time), context_};
  }
  bool Holds(const Anchor& anchor, Seconds time) {
    return JudgeAnchor(when_, subject_, At(anchor, time), context_, frame_.data()).verdict ==
           Truth::kTrue;
  }

  // Since when the condition has held that holds at `now`.
  Seconds Start(const Anchor& anchor,
                Seconds now,
                CriticalTimes times,
                const EarlierAbsences& earlier) {
    const std::optional<Seconds> known = KnownStart(earlier, anchor);
    std::optional<Seconds> since;
    for (Seconds time = now;;) {
      if (known && *known <= time && time < earlier.unchanged_before) {
        return *known;
      }
      const std::optional<Seconds> turn = times.UpTo(time);
      if (!turn) {
        break;
      }
      since = turn;
      time = *turn - 1;
      if (!Holds(anchor, time)) {
        return *turn;
      }
      if (!times.still()) {
        times = TimesAt(anchor, time);
      }
    }
    return StartOf(anchor, subject_).value_or(since.value_or(0));
  }

 private:
  const Condition& when_;
  Seconds settle_;
  const SubjectView& subject_;
  const FeatureContext& context_;
  std::vector<Slot> frame_;
};

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
                                  std::optional<Seconds>* next,
                                  const EarlierAbsences& earlier) {
  AbsenceSearch search(rule, subject, context);
  std::vector<Absence> found;
  next->reset();
  for (const Anchor& anchor : AnchorsOf(rule, subject)) {
    const CriticalTimes times = search.TimesAt(anchor, now);
    if (const auto later = times.After(now); later && (!*next || *later < **next)) {
      *next = *later;
    }
    if (!search.Holds(anchor, now)) {
      continue;
    }
    const Seconds due = search.Start(anchor, now, times, earlier);
    const Anchor at_due = search.At(anchor, due);
    found.push_back({.anchor = at_due,
                     .started = anchor.row == nullptr ? due : anchor.time,
                     .key = anchor.key,
                     .due = due});
  }
  return found;
}

}  // namespace vedette::rules
