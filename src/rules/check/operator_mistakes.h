// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/check/clinical.h"

namespace vedette::rules {

// ">=" of "_>=_".
std::string OperatorSymbol(std::string_view function);
bool IsEquality(std::string_view function);
bool IsOrder(std::string_view function);
bool IsArithmetic(std::string_view function);

// The text of a literal; nullptr for anything else.
const std::string* TextLiteral(const Expr& expr);

// Tells that a series, a visit or a form stands where one value should. False: all are values.
bool TellNoValues(const ClinicalContext& context,
                  const Expr& call,
                  std::span<const Operand> operands);

// Tells that a condition is needed, and how to make one of the operand.
void TellNoCondition(const ClinicalContext& context, std::string message, const Operand& operand);

// Why the operator does not take these two, and what to write.
Type PairMismatch(const ClinicalContext& context,
                  const Expr& call,
                  const Operand& left,
                  const Operand& right);

// Tells when a text is compared with something that is no term of its code list.
void CheckTerms(const ClinicalContext& context, const Operand& coded, const Expr& other);
void CheckTerm(const ClinicalContext& context,
               const Expr& literal,
               const std::string& codelist,
               const Expr* coded);
// Tells that texts have no order.
void TellTextOrder(const ClinicalContext& context, const Expr& call, const Operand& text);
// "int(row.AETOXGR)" where a list holds numbers, else a comparison with one of its terms.
std::string SuggestForText(const ClinicalContext& context, const Operand& text);

}  // namespace vedette::rules
