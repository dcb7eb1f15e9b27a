// SPDX-License-Identifier: Apache-2.0
#include "rules/live/rule_state.h"

#include <algorithm>

namespace vedette::rules {

std::uint32_t RuleState::Find(const AnchorMark& anchor) const {
  const AnchorMark* at = std::lower_bound(marks.begin(), marks.end(), anchor);
  return at != marks.end() && at->SameAnchor(anchor)
             ? static_cast<std::uint32_t>(at - marks.begin())
             : marks.size();
}

bool RuleState::Set(const AnchorMark& mark) {
  const std::uint32_t found = Find(mark);
  const bool is_true = mark.outcome() == AnchorMark::kTrue;
  if (found < marks.size()) {
    const AnchorMark::Outcome before = marks[found].outcome();
    marks[found] = mark;
    true_marks += is_true ? 1 : 0;
    true_marks -= before == AnchorMark::kTrue ? 1 : 0;
    return before != mark.outcome();
  }
  const auto at = std::lower_bound(marks.begin(), marks.end(), mark) - marks.begin();
  marks.Insert(static_cast<std::uint32_t>(at), mark);
  true_marks += is_true ? 1 : 0;
  return true;
}

bool RuleState::Clear(const AnchorMark& anchor) {
  const std::uint32_t found = Find(anchor);
  if (found == marks.size()) {
    return false;
  }
  true_marks -= marks[found].outcome() == AnchorMark::kTrue ? 1 : 0;
  marks.Erase(found, 1);
  return true;
}

std::size_t RuleState::bytes() const {
  return sizeof(RuleState) + 16 + marks.bytes() +
         (alerts.capacity() == 0 ? 0 : alerts.capacity() * sizeof(DetectedAlert) + 16) +
         (carry == nullptr ? 0 : sizeof(EpisodeFolder) + 16 + carry->bytes());
}

}  // namespace vedette::rules
