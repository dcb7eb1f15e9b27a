// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/clinical/feature_reader.h"
#include "rules/plan/condition.h"

namespace vedette::rules {

struct Judgement {
  Truth verdict = Truth::kUnknown;
  bool walked = false;  // by the tree walker, because a bound was read
};

// Reads the condition's features and runs it; leaves to the tree walker what the machine cannot
// decide. `frame` is one that Condition::Prepare filled in.
Judgement JudgeAnchor(const Condition& condition,
                      const SubjectView& subject,
                      const Anchor& anchor,
                      const FeatureContext& context,
                      Slot* frame);

// By the tree walker alone.
Truth WalkAnchor(const Condition& condition,
                 const SubjectView& subject,
                 const Anchor& anchor,
                 const FeatureContext& context);

}  // namespace vedette::rules
