// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "services/trial/types.h"

namespace vedette::trial {

// Whether sites may be put together: no id comes twice. All violations at once, at "sites[i].id".
Status CheckSites(const std::vector<Site>& sites);

// Whether each item makes sense by itself and no code comes twice. All violations at once, at
// "items[i].…":
// - text, times and booleans have no unit, no conversion and no plausible range;
// - a field names its form, and nothing else does;
// - a conversion needs a unit to convert to, a unit of its own, a finite factor other than zero and
//   a finite offset;
// - the ends of the plausible range are finite, the low one not above the high one.
Status CheckItems(const std::vector<Item>& items);

// Whether a design makes sense together with the study's items. All violations at once, at
// "design.…": names that come twice, a visit without an item that is there, a day 0, an indicator
// whose form no item belongs to.
Status CheckDesign(const Design& design, const std::vector<Item>& items);

// With every list in order.
Design Sorted(Design design);

template <class T>
struct Changes {
  std::vector<T> added;
  std::vector<T> changed;
  bool empty() const { return added.empty() && changed.empty(); }
};

// What must be written so that `wanted` is there. What is there, equal, is in neither list.
Changes<Site> PlanSites(const std::vector<Site>& present, std::vector<Site> wanted);

// The same for items, with accepted units in order. kFailedPrecondition, naming each item and what
// differs, when a type or a unit would change: recorded values would change their meaning.
Result<Changes<Item>> PlanItems(const std::vector<Item>& present, std::vector<Item> wanted);

}  // namespace vedette::trial
