// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/check/type.h"
#include "rules/syntax/ast.h"

namespace vedette::rules {

// Collects what is wrong with one expression.
class Report {
 public:
  explicit Report(const Ast& ast) : source_(ast.source) {}

  // Notes a mistake; the answer is the type of what could not be typed, for `return Error(…)`.
  Type Error(std::string_view code, Span span, std::string message, std::string suggestion = {});
  void Warning(std::string_view code, Span span, std::string message, std::string suggestion = {});

  // The expression as its author wrote it, shortened beyond 60 characters.
  std::string Text(const Expr& expr) const;
  std::string Text(Span span) const;
  // The same between single quotes.
  std::string Quoted(const Expr& expr) const;

  // Where `name` stands after the target of `expr`; all of `expr` when it is not there.
  Span PlaceOf(std::string_view name, const Expr& expr) const;

  bool failed() const { return !errors_.empty(); }
  // In order of place.
  Diagnostics TakeErrors();
  Diagnostics TakeWarnings();

 private:
  std::string_view source_;
  Diagnostics errors_;
  Diagnostics warnings_;
};

// "a number in mg/dL", "an observation", "text".
std::string WithArticle(const Type& type);

// "did you mean 'ALT'?", or "" when nothing among the candidates is near.
std::string DidYouMean(std::string_view wanted, std::span<const std::string_view> candidates);

// "A, B, C", cut after eight with "…".
std::string ListOf(std::span<const std::string_view> names);

}  // namespace vedette::rules
