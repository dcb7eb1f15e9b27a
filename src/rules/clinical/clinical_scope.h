// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "rules/clinical/feature_reader.h"
#include "rules/eval/evaluator.h"

namespace vedette::rules {

// The names of the clinical library for the tree walker: lab.ALT, row, visit.W4, now, days(14),
// codelist("X"), the score functions. It looks at the record in the plainest way, apart from how
// features are read, so that each can check the other. What it is given must outlive it and the
// values it gave.
class ClinicalScope final : public Scope {
 public:
  ClinicalScope(const SubjectView& subject, const Anchor& anchor, const FeatureContext& context)
      : subject_(subject), anchor_(anchor), context_(context) {}

  std::optional<Value> Find(std::string_view name) const override;
  std::optional<Value> Call(std::string_view function,
                            std::span<const Value> arguments) const override;

  const SubjectView& subject() const { return subject_; }
  const Anchor& anchor() const { return anchor_; }
  const FeatureContext& context() const { return context_; }

 private:
  const SubjectView& subject_;
  const Anchor& anchor_;
  const FeatureContext& context_;
};

// A value as a condition's verdict: errors, such as a division by zero, are unknown.
Truth ToTruth(const Value& value);

// The slot of FeatureKind::kExpression: what the tree walker makes of it.
Slot ReadExpression(const Feature& feature,
                    const SubjectView& subject,
                    const Anchor& anchor,
                    const FeatureContext& context,
                    bool* inexact);

}  // namespace vedette::rules
