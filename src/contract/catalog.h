// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/trial/v1/trial.pb.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/event.h"
#include "model/item.h"
#include "rules/catalog.h"
#include "rules/clinical/change.h"

// What several services make of the same messages of a contract.
namespace vedette::contract {

// What may be recorded of an item.
ItemDefinition ToItemDefinition(const trial::v1::Item& item);

// What a study's rules may name: its items, sorted by code, and its design. A coded item's list is
// that of the design; one that names none is free text. Thread-safe once made.
std::shared_ptr<const rules::Catalog> MakeCatalog(std::string study_id,
                                                  std::int64_t revision,
                                                  const std::vector<trial::v1::Item>& items,
                                                  const trial::v1::StudyDesign& design);

// "lab.ALT" for ALT of LB, unless the item says how rules write it; "AESTDTC" for a field.
std::string RuleName(const trial::v1::Item& item);

// The number that stands for an observed value in a rules::Change: the number itself, Unix seconds
// of a time, 0 or 1 of a boolean; NaN for texts, absence and what is no such text.
double NumberOf(rules::ValueKind kind, const ObservedValue& value);
// rules::Observation's flags of a value.
std::uint8_t FlagsOf(const ObservedValue& value);

}  // namespace vedette::contract
