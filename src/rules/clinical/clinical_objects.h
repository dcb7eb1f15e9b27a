// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "model/item.h"
#include "rules/clinical/clinical_scope.h"

namespace vedette::rules {

// How a rule's unit of an item is reached; nullopt when the item's numbers do not convert to it.
std::optional<UnitConversion> ConversionOf(const CatalogItem& item, std::string_view unit);

// What the tree walker sees of a study. All point at the scope, which outlives them.
Value MakeSeries(const ClinicalScope& scope, std::uint32_t item);
Value MakeRow(const ClinicalScope& scope, const FormRow& row, std::string_view form);
Value MakeForm(const ClinicalScope& scope, std::string_view form);
Value MakeVisit(const ClinicalScope& scope, const CatalogVisit& visit);
Value MakeSubject(const ClinicalScope& scope);
Value MakeKri(const ClinicalScope& scope, std::uint32_t kri);

// One observation's value: an interval where it is only a bound.
Value ToValue(const ClinicalScope& scope,
              std::uint32_t item,
              const Observation& observation,
              const UnitConversion& conversion = {});

}  // namespace vedette::rules
