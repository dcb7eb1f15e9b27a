// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "rules/clinical/feature_reader.h"
#include "rules/plan/condition.h"

namespace vedette::rules {

// The knowledge times at which a condition can change its verdict while its data stay as they are:
// where a comparison with `now` turns, where a planned entry is missed, where the future comes to
// pass, where the past leaves a window. More than the truth rather than less. As seen at
// `anchor.now`: what is told are the nearest ones on either side of it. Points into the subject.
class CriticalTimes {
 public:
  CriticalTimes(const Condition& condition,
                const SubjectView& subject,
                const Anchor& anchor,
                const FeatureContext& context);

  // The earliest one after a time, the latest one up to it.
  std::optional<Seconds> After(Seconds time) const;
  std::optional<Seconds> UpTo(Seconds time) const;
  // Whether they are the same at every `anchor.now`, and so told on all sides.
  bool still() const { return still_; }

 private:
  // One for each observation, some seconds after it.
  struct OfSeries {
    std::span<const Observation> observations;
    Seconds delay;
  };
  std::vector<Seconds> times_;
  std::vector<OfSeries> series_;
  bool still_ = true;
};

}  // namespace vedette::rules
