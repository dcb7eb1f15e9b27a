// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/item.h"
#include "rules/clinical/clinical_scope.h"

namespace vedette::rules {

// lab.ALT: the observations of an item that the anchor sees, in one unit.
class SeriesObject final : public Object {
 public:
  SeriesObject(const ClinicalScope& scope, std::uint32_t item, UnitConversion conversion);

  std::string_view TypeName() const override { return "series"; }
  Value Select(std::string_view field) const override;
  bool Has(std::string_view field) const override;
  Value Call(std::string_view function, std::span<const Value> arguments) const override;
  std::optional<ValueList> Elements() const override;

 private:
  // Positions in `seen_`; -1: none.
  std::ptrdiff_t Baseline() const;
  Value ValueAt(std::ptrdiff_t position) const;
  Value ObservationAt(std::ptrdiff_t position) const;
  // Those seen from `begin` to before `end`.
  std::span<const Observation> Between(Seconds begin, Seconds end) const;
  Value GradeAt(std::ptrdiff_t position, std::ptrdiff_t baseline, bool low) const;
  Value Change(bool percent) const;
  Value Before(Seconds end, Seconds length) const;
  Value MissedInARow() const;

  const ClinicalScope& scope_;
  std::uint32_t item_;
  UnitConversion conversion_;
  std::span<const Observation> seen_;  // a view into the record, oldest first
  std::ptrdiff_t current_ = -1;
};

// The unit that the rule states for the item, as a conversion; the identity without one.
UnitConversion UnitOfRule(const ClinicalScope& scope, std::uint32_t item);

}  // namespace vedette::rules
