// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "rules/check/operator_mistakes.h"

namespace vedette::rules {
namespace {

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

const std::vector<std::string>* TermsOf(const ClinicalContext& context, std::string_view codelist) {
  const auto list = context.catalog.codelists.find(codelist);
  return list == context.catalog.codelists.end() || list->second.empty() ? nullptr : &list->second;
}

// The term meant by a text that begins with it ("Female", "Yes"); empty when it is none or several.
std::string_view TermByInitial(std::string_view text, const std::vector<std::string>& terms) {
  std::string_view meant;
  for (const std::string_view term : terms) {
    if (term.size() != 1 || text.size() < 2 || text[0] != term[0]) continue;
    if (!meant.empty()) return {};
    meant = term;
  }
  return meant;
}

}  // namespace

void CheckTerm(const ClinicalContext& context,
               const Expr& literal,
               const std::string& codelist,
               const Expr* coded) {
  const std::string* text = TextLiteral(literal);
  const auto* terms = TermsOf(context, codelist);
  if (text == nullptr || terms == nullptr) return;
  if (std::ranges::find(*terms, *text) != terms->end()) return;
  const std::vector<std::string_view> names(terms->begin(), terms->end());
  std::string suggestion;
  if (const auto meant = TermByInitial(*text, *terms); !meant.empty()) {
    suggestion = "did you mean '" + std::string(meant) + "'?";
  } else if (text->empty() && coded != nullptr && coded->kind == ExprKind::kSelect) {
    suggestion = "to ask whether it is missing write !has(" + context.report.Text(*coded) + ")";
  } else if (text->size() > 1 || names.front().size() > 1) {
    suggestion = DidYouMean(*text, names);
  } else if (std::ranges::any_of(names, [&](std::string_view name) {
               return !DidYouMean(*text, {&name, 1}).empty() && (name[0] ^ (*text)[0]) == 0x20;
             })) {
    suggestion = DidYouMean(*text, names);  // "y" for Y, but not X for F
  }
  if (suggestion.empty()) suggestion = "its terms are " + ListOf(names);
  context.report.Error("unknown_term", literal.span,
                       "'" + *text + "' is no term of the code list " + codelist,
                       std::move(suggestion));
}

void CheckTerms(const ClinicalContext& context, const Operand& coded, const Expr& other) {
  if (coded.type.kind != TypeKind::kString || coded.type.name.empty()) return;
  if (other.kind != ExprKind::kList) {
    CheckTerm(context, other, coded.type.name, &coded.expr);
    return;
  }
  for (const ExprPtr& element : other.args) {
    CheckTerm(context, *element, coded.type.name, &coded.expr);
  }
}

std::string SuggestForText(const ClinicalContext& context, const Operand& text) {
  const std::string written = context.report.Text(text.expr);
  const auto* terms = TermsOf(context, text.type.name);
  if (terms == nullptr || std::ranges::all_of(*terms, IsDigits))
    return "write int(" + written + ")";
  return "compare it with its terms: " + written + " in [\"" + terms->back() + "\"]";
}

void TellTextOrder(const ClinicalContext& context, const Expr& call, const Operand& text) {
  context.report.Error("text_order", call.span,
                       context.report.Quoted(text.expr) +
                           " is text, and texts have no order for '" + OperatorSymbol(call.name) +
                           "'",
                       SuggestForText(context, text));
}

}  // namespace vedette::rules
