// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "model/item.h"
#include "rules/catalog.h"
#include "rules/check/report.h"
#include "rules/check/type.h"

namespace vedette::rules {

// An operand of an operator.
struct Operand {
  const Expr& expr;
  Type type;
  bool constant = false;  // made of literals alone
};

bool IsNumber(const Type& type);

// Whether two spellings name one unit: "10^9/L" and "G/L" do.
bool SameUnit(std::string_view a, std::string_view b);

// How numbers of an item in `from` become numbers in `to`. The analyte is what the item is graded
// as, else its code.
std::optional<UnitConversion> ConvertItemUnit(const CatalogItem& item,
                                              std::string_view from,
                                              std::string_view to);

// The type of a + b, a * b and so on of two numbers; a plain literal takes the other's unit, unlike
// units are told to `report`.
Type NumberArithmetic(const Expr& call,
                      const Operand& left,
                      const Operand& right,
                      const Catalog& catalog,
                      Report* report);

// Whether two numbers can be compared, added, or stand in one list. Tells why not.
bool CheckSameUnit(
    Span place, const Operand& left, const Operand& right, const Catalog& catalog, Report* report);

}  // namespace vedette::rules
