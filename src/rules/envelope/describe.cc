// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "rules/envelope/describer.h"
#include "rules/envelope/explain.h"
#include "rules/envelope/phrase_book.h"

namespace vedette::rules {
namespace {

std::string Lead(const RuleDefinition& rule, const PhraseBook& book) {
  switch (rule.scope) {
    case EvaluationScope::kSubject:
      return "";
    case EvaluationScope::kRow:
      return book.Say({"for each row of {0}: ", "对{0}的每一行："}, {book.Form(rule.each_form)});
    case EvaluationScope::kVisit:
      return book.Say({"for each planned visit: ", "对每个计划访视："});
    case EvaluationScope::kSite:
      return book.Say({"for each site, once a day: ", "对每个中心，每日一次："});
    case EvaluationScope::kStudy:
      return book.Say({"for the study, once a day: ", "对整个研究，每日一次："});
  }
  return "";
}

}  // namespace

std::string Describe(const Rule& rule, const Catalog& catalog, Language language) {
  const PhraseBook book(catalog, language);
  const RuleDefinition& definition = rule.definition();
  std::string text = Lead(definition, book);
  text += Describer(rule.when().checked(), book).Condition(rule.when().expr());
  if (definition.for_ > 0) {
    text += book.Say({", for at least {0}", "，并持续至少 {0}"}, {book.Duration(definition.for_)});
  }
  if (definition.settle > 0) {
    text += book.Say({"; judged {0} later", "；{0}后判定"}, {book.Duration(definition.settle)});
  }
  if (const Condition* resolve = rule.resolve_when()) {
    text += book.Say({"; it ends when {0}", "；当{0}时结束"},
                     {Describer(resolve->checked(), book).Condition(resolve->expr())});
  }
  if (definition.keep_firing_for > 0) {
    text += book.Say({"; it is kept for {0} after its end", "；结束后保留 {0}"},
                     {book.Duration(definition.keep_firing_for)});
  }
  return book.Finish(std::move(text));
}

}  // namespace vedette::rules
