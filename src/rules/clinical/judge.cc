// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/judge.h"

#include "rules/clinical/clinical_scope.h"

namespace vedette::rules {

Judgement JudgeAnchor(const Condition& condition,
                      const SubjectView& subject,
                      const Anchor& anchor,
                      const FeatureContext& context,
                      Slot* frame) {
  bool inexact = false;
  Slot* slot = frame;
  for (const Feature& feature : condition.features()) {
    *slot++ = ReadFeature(feature, subject, anchor, context, &inexact);
  }
  if (inexact) {
    return {WalkAnchor(condition, subject, anchor, context), true};
  }
  return {condition.Run(frame), false};
}

Truth WalkAnchor(const Condition& condition,
                 const SubjectView& subject,
                 const Anchor& anchor,
                 const FeatureContext& context) {
  const ClinicalScope scope(subject, anchor, context);
  return ToTruth(Evaluate(condition.expr(), scope));
}

}  // namespace vedette::rules
