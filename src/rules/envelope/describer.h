// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "rules/check/checker.h"
#include "rules/envelope/phrase_book.h"
#include "rules/syntax/ast.h"

namespace vedette::rules {

// Says a checked expression in plain words. Anything the language allows gets a sentence; what has
// no words of its own is said as it is written.
class Describer {
 public:
  Describer(const CheckedExpression& checked, const PhraseBook& book)
      : checked_(checked), book_(book) {}

  // What has to be so: "Systolic Blood Pressure is above 180 mmHg or …".
  std::string Condition(const Expr& expr) { return Says(expr, false, kWeakest); }
  // What something is: "the highest Alanine Aminotransferase within 14 days".
  std::string Noun(const Expr& expr);

 private:
  enum Binding { kWeakest, kOr, kAnd };

  // Conditions, turned round when `negated`.
  std::string Says(const Expr& expr, bool negated, Binding outer);
  std::string SaysJunction(const Expr& expr, bool negated, Binding outer);
  std::string SaysComparison(const Expr& expr, bool negated);
  std::string SaysMembership(const Expr& expr, bool negated);
  std::string SaysHas(const Expr& expr, bool negated);
  std::string SaysMacro(const Expr& expr, bool negated);
  std::string SaysFact(const Expr& expr, bool negated);
  bool SaysCount(const Expr& expr, bool negated, std::string* said);

  std::string NounOfSelect(const Expr& expr);
  std::string NounOfSeries(const Expr& expr, const CatalogItem& item);
  std::string NounOfVisit(const Expr& expr);
  std::string NounOfCall(const Expr& expr);
  std::string NounOfSeriesCall(const Expr& expr, const CatalogItem& item);
  std::string NounOfWindowCall(const Expr& expr);
  std::string NounOfOperator(const Expr& expr);
  std::string NounOfMacro(const Expr& expr);
  std::string NounOfLiteral(const Expr& expr);
  // A literal beside `other`, with the unit that other has.
  std::string NounBeside(const Expr& expr, const Expr& other);
  std::string UnitOf(const Expr& expr) const;
  bool IsMultipleOfLimit(const Expr& expr) const;

  const CatalogItem* ItemOf(const Expr& expr) const;
  const CatalogItem* Reference(const Expr& expr) const;
  TypeKind KindOf(const Expr& expr) const { return checked_.TypeOf(expr).kind; }
  std::string VisitName(const Expr& expr) const;
  std::string Span(const Expr& duration);

  const CheckedExpression& checked_;
  const PhraseBook& book_;
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace vedette::rules
