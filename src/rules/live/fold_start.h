// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules/live/episode_folder.h"
#include "rules/live/rule_state.h"

namespace vedette::rules {

// Where folding a rule's marks begins so that it gives what folding all of them would.
struct FoldStart {
  EpisodeFolder folder;
  std::uint32_t mark = 0;     // the first to add
  bool follows_mark = false;  // the folder has added the mark before it
  std::size_t alerts = 0;     // so many of the state's stay as they are
};

// The first mark at a time or later.
std::uint32_t FirstMark(const RuleState& state, Seconds time);
// So many alerts were founded before a time.
std::size_t FoundedBefore(const RuleState& state, Seconds time);

// `changed_from`: anchors before this time are what they were when the state's alerts were folded;
// INT64_MIN: any may have changed. Pure.
FoldStart FindFoldStart(const RuleDefinition& rule, const RuleState& state, Seconds changed_from);

}  // namespace vedette::rules
