// SPDX-License-Identifier: Apache-2.0
#include "rules/rule.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/suggest.h"
#include "rules/envelope/envelope.h"
#include "rules/envelope/explain_template.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

constexpr std::array<std::string_view, 2> kClockStarts = {"first_known", "anchor"};

// Names of `on` that are no items: the rule is judged as time passes, too.
bool IsTimer(std::string_view name) { return name == "timer" || name == "daily"; }

std::vector<std::string_view> SeriesNames(const Catalog& catalog) {
  std::vector<std::string_view> names;
  for (const CatalogItem& item : catalog.items) {
    if (item.role == CatalogItem::Role::kSeries) names.push_back(item.name);
  }
  return names;
}

std::string DidYouMean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view near = Suggest(name, candidates);
  return near.empty() ? "" : "did you mean '" + std::string(near) + "'?";
}

void MergeIndexes(const std::vector<std::uint32_t>& from, std::vector<std::uint32_t>* into) {
  into->insert(into->end(), from.begin(), from.end());
  std::ranges::sort(*into);
  into->erase(std::ranges::unique(*into).begin(), into->end());
}

// What has to be kept and who may see it: of anything the rule reads, explanations included.
void MergeReading(const RuleFacts& from, RuleFacts* into) {
  MergeIndexes(from.items, &into->items);
  for (const std::string& form : from.forms) {
    if (std::ranges::find(into->forms, form) == into->forms.end()) into->forms.push_back(form);
  }
  for (const auto& [item, kept] : from.retention) {
    RuleFacts::Retention& retention = into->retention[item];
    retention.seconds = std::max(retention.seconds, kept.seconds);
    retention.observations = std::max(retention.observations, kept.observations);
    retention.everything |= kept.everything;
  }
  into->unblinding |= from.unblinding;
}

// When the rule is judged, and what that costs: of its conditions only.
void MergeJudging(const RuleFacts& from, RuleFacts* into) {
  MergeIndexes(from.anchors, &into->anchors);
  into->reads_now |= from.reads_now;
  into->reads_baseline |= from.reads_baseline;
  into->look_back_seconds = std::max(into->look_back_seconds, from.look_back_seconds);
  into->cost += from.cost;
}

}  // namespace

// Compiles one definition; collects everything that is wrong with it.
class RuleCompiler {
 public:
  RuleCompiler(RuleDefinition definition, std::shared_ptr<const Catalog> catalog)
      : rule_(std::make_shared<Rule>()) {
    rule_->definition_ = std::move(definition);
    rule_->catalog_ = std::move(catalog);
  }

  std::expected<std::shared_ptr<const Rule>, Diagnostics> Run() {
    CheckTarget();
    CheckHandling();
    // Names cannot be resolved without knowing what the rule is about.
    if (errors_.empty()) {
      CompileConditions();
      CompileExplanations();
    }
    if (errors_.empty()) FindAnchors();
    if (!errors_.empty()) return std::unexpected(std::move(errors_));
    rule_->content_hash_ = ContentHash(rule_->definition_);
    return rule_;
  }

 private:
  const RuleDefinition& definition() const { return rule_->definition_; }
  const Catalog& catalog() const { return *rule_->catalog_; }

  void Report(std::string_view field,
              std::string_view code,
              std::string message,
              std::string suggestion = {}) {
    errors_.push_back({Gravity::kError,
                       std::string(field) + "/" + std::string(code),
                       {},
                       std::move(message),
                       std::move(suggestion)});
  }

  void Append(std::string_view field, Diagnostics found, Diagnostics* into) const {
    for (Diagnostic& diagnostic : found) {
      if (field != "when") diagnostic.code = std::string(field) + "/" + diagnostic.code;
      into->push_back(std::move(diagnostic));
    }
  }

  void CheckTarget() {
    const bool by_row = definition().scope == EvaluationScope::kRow;
    if (by_row && definition().each_form.empty()) {
      Report("each", "missing", "a rule with `scope: row` needs the form whose rows it judges",
             "add `each: form.AE`");
    } else if (!by_row && !definition().each_form.empty()) {
      Report("each", "not_by_row", "`each` is for rules with `scope: row`",
             "add `scope: row`, or remove `each`");
    } else if (by_row && catalog().FindForm(definition().each_form) == nullptr) {
      ReportForm("each", definition().each_form);
    }
    const std::vector<std::string_view> names = SeriesNames(catalog());
    for (const auto& [item, unit] : definition().units) {
      if (catalog().FindSeries(item) == nullptr) {
        Report("units", "unknown_item", "unknown item '" + item + "'", DidYouMean(item, names));
      }
    }
    for (const std::string& name : definition().on) CheckTrigger(name, names);
  }

  void ReportForm(std::string_view field, std::string_view form) {
    std::vector<std::string_view> forms;
    for (const CatalogForm& known : catalog().forms) forms.push_back(known.name);
    Report(field, "unknown_form", "unknown form '" + std::string(form) + "'",
           DidYouMean(form, forms));
  }

  void CheckTrigger(const std::string& name, std::span<const std::string_view> names) {
    if (IsTimer(name)) return;
    if (name.starts_with("form.")) {
      if (catalog().FindForm(name.substr(5)) == nullptr) ReportForm("on", name.substr(5));
    } else if (catalog().FindSeries(name) == nullptr) {
      Report("on", "unknown_item", "unknown item '" + name + "'", DidYouMean(name, names));
    }
  }

  void CheckHandling() {
    const RuleDefinition& rule = definition();
    if (rule.for_ < 0 || rule.settle < 0 || rule.keep_firing_for < 0) {
      Report("for", "negative", "`for`, `settle` and `keep_firing_for` are not below 0");
    }
    if (rule.dedupe == Dedupe::kAnchor &&
        (rule.for_ > 0 || rule.keep_firing_for > 0 || !rule.resolve_when.empty())) {
      Report("dedupe", "no_episode",
             "`dedupe: anchor` makes each record its own alert: `for`, `keep_firing_for` and "
             "`resolve_when` have nothing to hold on to",
             "use `dedupe: episode`, or remove them");
    }
    if (rule.clock_start.empty()) return;
    if (std::ranges::find(kClockStarts, rule.clock_start) == kClockStarts.end()) {
      Report("clock", "unknown_start", "a clock starts at first_known or anchor",
             DidYouMean(rule.clock_start, kClockStarts));
    }
    if (rule.clock_due <= 0) Report("clock", "no_due", "a clock is due after some time");
    for (const EscalationStep& step : rule.escalate) {
      if (step.at >= 0 && step.at <= rule.clock_due) continue;
      Report("clock", "late_escalation", "'" + step.to + "' is told only after the clock is due");
    }
  }

  CheckerOptions Options() const {
    CheckerOptions options;
    options.catalog = &catalog();
    options.scope = definition().scope;
    options.each_form = definition().each_form;
    options.units = definition().units;
    return options;
  }

  std::unique_ptr<const Condition> CompileCondition(std::string_view field,
                                                    const std::string& text) {
    const auto ast = Parse(text);
    if (!ast) {
      Append(field, ast.error(), &errors_);
      return nullptr;
    }
    CheckerOptions options = Options();
    options.expected = Type::Of(TypeKind::kBool);
    auto checked = Check(*ast, options);
    if (!checked) {
      Append(field, std::move(checked.error()), &errors_);
      return nullptr;
    }
    Append(field, checked->warnings, &rule_->warnings_);
    auto condition = Condition::Compile(std::move(*checked), catalog());
    if (!condition) {
      Append(field, std::move(condition.error()), &errors_);
      return nullptr;
    }
    MergeReading(condition->checked().facts, &rule_->facts_);
    MergeJudging(condition->checked().facts, &rule_->facts_);
    return std::make_unique<const Condition>(std::move(*condition));
  }

  void CompileConditions() {
    rule_->when_ = CompileCondition("when", definition().when);
    if (!definition().resolve_when.empty()) {
      rule_->resolve_when_ = CompileCondition("resolve_when", definition().resolve_when);
    }
  }

  std::shared_ptr<const ExplainTemplate> CompileExplanation(std::string_view field,
                                                            const std::string& text) {
    if (text.empty()) return nullptr;
    auto compiled = CompileTemplate(text, Options());
    if (!compiled) {
      Append(field, std::move(compiled.error()), &errors_);
      return nullptr;
    }
    for (const TemplatePart& part : compiled->parts) {
      if (part.checked.ast != nullptr) MergeReading(part.checked.facts, &rule_->facts_);
    }
    return std::make_shared<const ExplainTemplate>(std::move(*compiled));
  }

  void CompileExplanations() {
    rule_->explain_ = CompileExplanation("explain", definition().explain);
    rule_->explain_zh_ = CompileExplanation("explain_zh", definition().explain_zh);
  }

  void FindAnchors() {
    if (definition().scope != EvaluationScope::kSubject) return;
    const std::vector<std::string>& on = definition().on;
    for (const std::string& name : on) {
      const CatalogItem* item = catalog().FindSeries(name);
      if (item != nullptr) MergeIndexes({catalog().IndexOf(*item)}, &rule_->anchors_);
    }
    if (on.empty()) rule_->anchors_ = rule_->facts_.anchors;
    if (!rule_->anchors_.empty() || rule_->facts_.reads_now) return;
    Report("on", "nothing_to_judge",
           "the rule is about a subject, and there is no series at whose values it is judged",
           "name one in `on`, or judge the rows of a form with `scope: row` and `each`");
  }

  std::shared_ptr<Rule> rule_;
  Diagnostics errors_;
};

std::expected<std::shared_ptr<const Rule>, Diagnostics> CompileRule(
    RuleDefinition definition, std::shared_ptr<const Catalog> catalog) {
  return RuleCompiler(std::move(definition), std::move(catalog)).Run();
}

}  // namespace vedette::rules
