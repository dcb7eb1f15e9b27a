// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "rules/clinical/change.h"
#include "rules/live/subject_work.h"

namespace vedette::rules {

// What a bounded engine forgets. Anchors before `floor` (less the rules' `settle`) become final;
// what only they could read goes.

// Whether the changes reach something that was dropped, or an anchor that is final.
bool ReachesDropped(const EnginePlan& plan,
                    const SubjectState& state,
                    std::span<const Change> changes);

// Drops of one item what no anchor from `floor` on reads. Folds the rules that are judged at it
// first.
void TrimItem(const EnginePlan& plan,
              std::uint32_t item,
              Seconds floor,
              SubjectWork* work,
              SubjectState* state);

// Of every item.
void TrimAll(const EnginePlan& plan, Seconds floor, SubjectWork* work, SubjectState* state);

}  // namespace vedette::rules
