// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "rules/clinical/feature_reader.h"
#include "rules/plan/condition.h"

namespace vedette::rules {

// The knowledge times at which a condition can change its verdict while its data stay as they are:
// where a comparison with `now` turns, where a planned entry is missed, where the future comes to
// pass, where the past leaves a window. Ascending, without duplicates; more than the truth rather
// than less. `anchor.now` is a time around which they are wanted: entries missed are listed to some
// way beyond it.
std::vector<Seconds> CriticalTimes(const Condition& condition,
                                   const SubjectView& subject,
                                   const Anchor& anchor,
                                   const FeatureContext& context);

}  // namespace vedette::rules
