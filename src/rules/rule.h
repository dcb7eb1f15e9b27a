// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog.h"
#include "rules/check/checker.h"
#include "rules/clinical/observation.h"
#include "rules/plan/condition.h"
#include "rules/vocabulary.h"

namespace vedette::rules {

// What makes two firings the same alert.
enum class Dedupe : std::uint8_t {
  kEpisode,  // an unbroken run of firing anchors
  kAnchor,   // each anchor its own
  kSubject,  // one for the subject, for ever
  kDay,      // one a subject and calendar day (UTC)
};

struct EscalationStep {
  Seconds at = 0;
  std::string to;
  bool operator==(const EscalationStep&) const = default;
};

// One observation of a rule's test.
struct TestGiven {
  std::string item;  // name or code
  std::string at;    // "D1", "D9 08:00" after the reference day D1, or ISO 8601
  std::string value;
  std::optional<double> uln;
  std::optional<double> lln;
  std::string row;    // of form fields
  std::string known;  // when it became known; empty: at once
};

struct TestExpectation {
  std::string at;     // when; empty: at the end
  std::string state;  // firing, resolved, pending, inactive, not_evaluable, retracted
};

struct RuleTest {
  std::string name;
  std::vector<TestGiven> given;
  std::vector<TestExpectation> expect;
};

// One version of a rule as its author wrote it: the envelope around the condition. Immutable; its
// canonical text is hashed.
struct RuleDefinition {
  std::string rule_id;
  std::int32_t version = 1;
  std::string study_id;
  std::string title;
  std::string title_zh;
  EvaluationScope scope = EvaluationScope::kSubject;
  std::string each_form;
  std::vector<std::string> on;  // item names; "timer", "daily"; empty: derived
  std::string when;
  std::string resolve_when;  // empty: as soon as `when` is false
  std::map<std::string, std::string, std::less<>> units;
  Seconds for_ = 0;
  Seconds settle = 0;
  Seconds keep_firing_for = 0;
  Severity severity = Severity::kWarning;
  Dedupe dedupe = Dedupe::kEpisode;
  std::vector<std::string> route;
  std::string clock_start;  // "first_known"
  Seconds clock_due = 0;
  std::vector<EscalationStep> escalate;
  std::string explain;  // template, English
  std::string explain_zh;
  std::int64_t latency_objective_ms = 50;
  std::vector<RuleTest> tests;
};

// What an envelope that does not say means: each row is a matter of its own; all else comes in
// episodes.
inline Dedupe DefaultDedupe(const RuleDefinition& rule) {
  const bool row = rule.scope == EvaluationScope::kRow && rule.for_ == 0 &&
                   rule.keep_firing_for == 0 && rule.resolve_when.empty();
  return row ? Dedupe::kAnchor : Dedupe::kEpisode;
}

struct ExplainTemplate;

// A rule ready for every machine. Immutable; thread-safe.
class Rule {
 public:
  const RuleDefinition& definition() const { return definition_; }
  const Condition& when() const { return *when_; }
  const Condition* resolve_when() const { return resolve_when_.get(); }
  // Of both conditions together.
  const RuleFacts& facts() const { return facts_; }
  // The series whose observations it judges: from `on`, else derived.
  std::span<const std::uint32_t> anchors() const { return anchors_; }
  // SHA-256 of the canonical text, hexadecimal.
  const std::string& content_hash() const { return content_hash_; }
  const std::shared_ptr<const Catalog>& catalog() const { return catalog_; }
  // `explain` and `explain_zh`, checked; nullptr without one.
  const ExplainTemplate* explain() const { return explain_.get(); }
  const ExplainTemplate* explain_zh() const { return explain_zh_.get(); }
  // What the author should look at though the rule can run. Codes and spans as of CompileRule's
  // errors.
  const Diagnostics& warnings() const { return warnings_; }

 private:
  friend class RuleCompiler;
  RuleDefinition definition_;
  std::shared_ptr<const Catalog> catalog_;
  std::unique_ptr<const Condition> when_;
  std::unique_ptr<const Condition> resolve_when_;
  RuleFacts facts_;
  std::vector<std::uint32_t> anchors_;
  std::string content_hash_;
  std::shared_ptr<const ExplainTemplate> explain_;
  std::shared_ptr<const ExplainTemplate> explain_zh_;
  Diagnostics warnings_;
};

// Checks and compiles every expression of the definition. Diagnostics of `resolve_when` and of the
// templates carry the field in their code ("explain/unknown_item"); spans are within the field.
std::expected<std::shared_ptr<const Rule>, Diagnostics> CompileRule(
    RuleDefinition definition, std::shared_ptr<const Catalog> catalog);

// A version of a rule and the time in which it judges what is received (docs/adr/0001).
struct TimedRule {
  std::shared_ptr<const Rule> rule;
  std::string version_id;
  Seconds from = 0;
  Seconds until = INT64_MAX;
};

}  // namespace vedette::rules
