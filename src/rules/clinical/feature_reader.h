// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/clinical/kri_source.h"
#include "rules/clinical/subject_record.h"
#include "rules/plan/feature.h"
#include "rules/scores/grading.h"

namespace vedette::rules {

// What features of one study need beyond a record. Immutable; thread-safe.
class StudyContext {
 public:
  explicit StudyContext(std::shared_ptr<const Catalog> catalog);

  const Catalog& catalog() const { return *catalog_; }
  // nullptr: the item is not graded in that direction.
  const GradeCriteria* Criteria(std::uint32_t item, GradeDirection direction) const {
    return (direction == GradeDirection::kLow ? low_ : high_)[item];
  }
  // Index of the attribute that dates the first dose; UINT32_MAX when the study has none.
  std::uint32_t first_dose() const { return first_dose_; }

 private:
  std::shared_ptr<const Catalog> catalog_;
  std::vector<const GradeCriteria*> low_;
  std::vector<const GradeCriteria*> high_;
  std::uint32_t first_dose_ = UINT32_MAX;
};

// What a feature is read with. The units are the rule's (RuleDefinition::units).
struct FeatureContext {
  const StudyContext* study = nullptr;
  const std::map<std::string, std::string, std::less<>>* units = nullptr;
  const KriSource* kris = nullptr;
  std::string_view subject_id;
  std::string_view site_id;
};

// What the feature is at the anchor (src/rules/README.md), going from the newest observation to the
// oldest. Sets `inexact`, and never clears it, where the slot had to read a number that is only a
// bound: then the tree walker must judge, and the slot holds the bound as if it were the number.
// Pure.
Slot ReadFeature(const Feature& feature,
                 const SubjectView& subject,
                 const Anchor& anchor,
                 const FeatureContext& context,
                 bool* inexact);

}  // namespace vedette::rules
