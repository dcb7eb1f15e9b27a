// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "rules/catalog.h"
#include "rules/clinical/observation.h"
#include "rules/rule.h"

namespace vedette::rules {

// Which anchors a change of one item at time t can affect: the union of what is set. How a rule
// reads the item decides it.
struct Reach {
  static constexpr Seconds kNoWindow = -1;

  // Anchors with as_of in [t, t + window].
  Seconds window = kNoWindow;
  // Anchors whose current observation of the item is the changed one, or one of the `next` after
  // it.
  bool current = false;
  std::uint32_t next = 0;
  // All anchors, when t is not after the first dose.
  bool baseline = false;
  // All anchors with as_of at t or later.
  bool onward = false;
  // All anchors: attributes, forms, visits.
  bool all = false;
};

// By item: everything that judging the rule reads. Conservative: never less than the truth.
std::map<std::uint32_t, Reach> ReachOf(const Rule& rule, const Catalog& catalog);

}  // namespace vedette::rules
