// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/explain.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "rules/clinical/clinical_scope.h"
#include "rules/clinical/judge.h"
#include "rules/clinical/pools.h"
#include "rules/clinical/record.h"
#include "rules/envelope/describer.h"
#include "rules/envelope/evidence_reader.h"
#include "rules/envelope/explain_template.h"
#include "rules/envelope/phrase_book.h"
#include "rules/envelope/value_text.h"
#include "rules/eval/evaluator.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kWholeLine = 1'000'000;
constexpr std::size_t kMaxLeaves = 12;
constexpr std::array<std::string_view, 13> kTransparent = {"_&&_", "_||_", "!_",   "_?_:_", "_==_",
                                                           "_!=_", "_<_",  "_<=_", "_>_",   "_>=_",
                                                           "_in_", "_+_",  "_-_"};
constexpr std::array<std::string_view, 3> kProducts = {"_*_", "_/_", "-_"};

// An operator whose parts a reader wants to see, too.
bool IsTransparent(const Expr& expr) {
  if (expr.kind == ExprKind::kList) return true;
  if (expr.kind != ExprKind::kCall || expr.target != nullptr) return false;
  return std::ranges::find(kTransparent, expr.name) != kTransparent.end() ||
         std::ranges::find(kProducts, expr.name) != kProducts.end();
}

bool IsConstant(const Expr& expr) {
  if (expr.kind == ExprKind::kLiteral) return true;
  if (expr.kind == ExprKind::kIdent || expr.kind == ExprKind::kMacro) return false;
  // Its argument is a name; what it stands for is data.
  if (expr.kind == ExprKind::kCall && expr.name == "kri") return false;
  if (expr.target != nullptr && !IsConstant(*expr.target)) return false;
  return expr.target != nullptr || expr.kind == ExprKind::kCall
             ? std::ranges::all_of(expr.args, [](const ExprPtr& part) { return IsConstant(*part); })
             : false;
}

class StepCollector {
 public:
  StepCollector(const CheckedExpression& checked, const EvaluationTrace& trace)
      : checked_(checked), trace_(trace) {}

  void Collect(const Expr& expr, std::uint32_t depth) {
    if (IsConstant(expr) || expr.id >= trace_.values.size() || !trace_.values[expr.id]) return;
    const Value& value = *trace_.values[expr.id];
    if (std::string text = ValueText(value); !text.empty()) {
      const Type& type = checked_.TypeOf(expr);
      steps_.push_back({Format(expr, kWholeLine), std::move(text),
                        type.kind == TypeKind::kDouble ? type.unit : "", depth});
      if (!IsTransparent(expr)) leaves_.push_back(&expr);
    }
    if (IsTransparent(expr)) {
      for (const ExprPtr& part : expr.args) Collect(*part, depth + 1);
    } else if (expr.kind == ExprKind::kMacro) {
      Collect(*expr.target, depth + 1);
    } else if (expr.kind == ExprKind::kCall && expr.target != nullptr &&
               expr.target->kind == ExprKind::kList) {
      Collect(*expr.target, depth + 1);
    }
  }

  const std::vector<const Expr*>& leaves() const { return leaves_; }
  std::vector<EvidenceStep> TakeSteps() { return std::move(steps_); }

 private:
  const CheckedExpression& checked_;
  const EvaluationTrace& trace_;
  std::vector<EvidenceStep> steps_;
  std::vector<const Expr*> leaves_;
};

std::string FillIn(const ExplainTemplate& explain, const Scope& scope, const PhraseBook& book) {
  const std::string unknown = book.Say({"unknown", "未知"});
  std::string text;
  for (const TemplatePart& part : explain.parts) {
    text += part.text;
    if (part.checked.ast == nullptr) continue;
    text +=
        FormatValue(Evaluate(*part.checked.ast->root, scope), part.format, part.decimals, unknown);
  }
  return text;
}

// "title: what was read and what it was; …"
std::string Sentence(const Rule& rule,
                     const std::vector<const Expr*>& leaves,
                     const EvaluationTrace& trace,
                     const PhraseBook& book) {
  const RuleDefinition& definition = rule.definition();
  const bool chinese_title = book.chinese() && !definition.title_zh.empty();
  std::string text = chinese_title ? definition.title_zh : definition.title;
  Describer describer(rule.when().checked(), book);
  std::size_t said = 0;
  for (const Expr* leaf : leaves) {
    const Value& value = *trace.values[leaf->id];
    if (said == kMaxLeaves) break;
    const Type& type = rule.when().checked().TypeOf(*leaf);
    std::string words = describer.Noun(*leaf) + " " + ValueText(value);
    if (type.kind == TypeKind::kDouble && !type.unit.empty() && !value.IsUnknown()) {
      words += " " + type.unit;
    }
    text += said++ == 0 ? book.Say({": ", "："}) : book.Say({"; ", "；"});
    text += words;
  }
  return book.Finish(std::move(text));
}

std::string Tell(const Rule& rule,
                 const ExplainTemplate* explain,
                 const Scope& scope,
                 const StepCollector& steps,
                 const EvaluationTrace& trace,
                 const PhraseBook& book) {
  return explain != nullptr ? FillIn(*explain, scope, book)
                            : Sentence(rule, steps.leaves(), trace, book);
}

}  // namespace

Evidence Explain(const Rule& rule, const SubjectView& subject, const Anchor& anchor) {
  const StudyContext study(rule.catalog());
  const FeatureContext context{.study = &study, .units = &rule.definition().units};
  return Explain(rule, subject, anchor, context);
}

Evidence Explain(const Rule& rule,
                 const SubjectView& subject,
                 const Anchor& anchor,
                 const FeatureContext& context) {
  const ClinicalScope scope(subject, anchor, context);
  EvaluationTrace trace;
  const Value verdict = Evaluate(rule.when().expr(), scope, {.trace = &trace});
  trace.values.resize(rule.when().checked().ast->size);

  Evidence evidence;
  evidence.rule_hash = rule.content_hash();
  evidence.verdict = ToTruth(verdict);
  evidence.as_of = anchor.as_of;
  evidence.now = anchor.now;
  evidence.anchor_time = anchor.time;
  evidence.anchor_item = anchor.item;
  evidence.anchor_key = anchor.key;
  if (anchor.row != nullptr) evidence.anchor_row = anchor.row->key;
  if (anchor.visit != nullptr) evidence.anchor_visit = anchor.visit->code;

  StepCollector steps(rule.when().checked(), trace);
  steps.Collect(rule.when().expr(), 0);
  EvidenceReader reader(subject, anchor);
  reader.ReadAnchor();
  reader.Read(rule.when().checked(), trace);
  evidence.observations = reader.Take();
  const PhraseBook english(*rule.catalog(), Language::kEnglish);
  const PhraseBook chinese(*rule.catalog(), Language::kChinese);
  evidence.text_en = Tell(rule, rule.explain(), scope, steps, trace, english);
  evidence.text_zh = Tell(rule, rule.explain_zh(), scope, steps, trace, chinese);
  evidence.steps = steps.TakeSteps();
  return evidence;
}

Truth Replay(const Rule& rule, const Evidence& evidence) {
  const Catalog& catalog = *rule.catalog();
  const RecordLayout layout(rule.catalog());
  HashTextPool texts;
  HashRangeTable ranges;
  const RecordPools pools{.layout = &layout, .texts = &texts, .ranges = &ranges};
  SubjectRecord record(&pools);
  for (const EvidenceObservation& observation : evidence.observations) {
    record.Apply({.item = observation.item,
                  .key = observation.key,
                  .row = observation.row,
                  .time = observation.time,
                  .received = observation.time,
                  .number = observation.value,
                  .text = observation.text,
                  .flags = observation.flags,
                  .range_low = observation.range_low,
                  .range_high = observation.range_high});
  }
  Anchor anchor{.item = evidence.anchor_item,
                .time = evidence.anchor_time,
                .key = evidence.anchor_key,
                .as_of = evidence.as_of,
                .now = evidence.now};
  if (anchor.item != UINT32_MAX) {
    anchor.index = SubjectRecord::Position(record.Series(anchor.item), anchor.time, anchor.key);
  }
  if (!evidence.anchor_visit.empty()) anchor.visit = catalog.FindVisit(evidence.anchor_visit);
  if (evidence.anchor_row != 0) {
    for (const FormRow& row : record.Rows(rule.definition().each_form)) {
      if (row.key == evidence.anchor_row) anchor.row = &row;
    }
  }
  const StudyContext study(rule.catalog());
  const FeatureContext context{.study = &study, .units = &rule.definition().units};
  return WalkAnchor(rule.when(), record, anchor, context);
}

}  // namespace vedette::rules
