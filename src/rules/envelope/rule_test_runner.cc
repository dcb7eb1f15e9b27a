// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/rule_test_runner.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "rules/clinical/judge.h"
#include "rules/clinical/pools.h"
#include "rules/clinical/record.h"
#include "rules/clinical/visit_schedule.h"
#include "rules/envelope/explain.h"
#include "rules/envelope/test_changes.h"
#include "rules/envelope/test_time.h"
#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

constexpr std::string_view kSubject = "TEST-SUBJECT";
constexpr std::string_view kSite = "TEST-SITE";
constexpr std::size_t kMaxSteps = 8;

std::string_view StateText(Detection detection) {
  switch (detection) {
    case Detection::kInactive:
      return "inactive";
    case Detection::kPending:
      return "pending";
    case Detection::kFiring:
      return "firing";
    case Detection::kRecovering:
      return "recovering";
    case Detection::kResolved:
      return "resolved";
    case Detection::kRetracted:
      return "retracted";
  }
  return "inactive";
}

std::string TruthState(Truth truth) {
  return truth == Truth::kTrue ? "firing" : truth == Truth::kUnknown ? "not_evaluable" : "inactive";
}

// "lab.ALT.xuln is 2.1; lab.TBILI.xuln is unknown"
std::string StepsText(const Evidence& evidence) {
  std::string text;
  std::size_t count = 0;
  for (std::size_t i = 0; i < evidence.steps.size(); ++i) {
    const EvidenceStep& step = evidence.steps[i];
    // What follows from deeper steps says nothing of its own.
    const bool has_parts =
        i + 1 < evidence.steps.size() && evidence.steps[i + 1].depth > step.depth;
    const bool truth = step.value == "true" || step.value == "false";
    if (has_parts || (truth && step.depth == 0) || count == kMaxSteps) continue;
    text += (count++ == 0 ? "" : "; ") + step.expression + " is " + step.value;
    if (!step.unit.empty() && step.value != "unknown") text += " " + step.unit;
  }
  return text;
}

// One subject under one rule, as its data come in.
class TestSubject {
 public:
  TestSubject(std::shared_ptr<const Rule> rule, std::shared_ptr<const Catalog> catalog)
      : rule_(rule),
        engine_(catalog, {TimedRule{std::move(rule), "test"}}, {.bounded = false}),
        subject_(engine_.Subject(kSubject, kSite)) {
    engine_.Load(subject_, {}, 0);
  }

  // Changes that became known together.
  void Apply(std::span<const Change> changes) {
    Advance(changes.front().received);
    std::vector<Transition> transitions;
    engine_.Apply(subject_, changes, now_, &transitions);
    for (const Transition& transition : transitions) Note(transition);
  }

  void Advance(Seconds now) {
    now_ = std::max(now_, now);
    std::vector<Engine::SubjectTransition> transitions;
    engine_.Advance(now_, &transitions);
    for (const auto& transition : transitions) Note(transition.transition);
  }

  std::string State() const {
    const std::vector<DetectedAlert> alerts = engine_.Detected(subject_);
    if (!alerts.empty()) return std::string(StateText(alerts.back().detection));
    if (!gone_.empty()) return gone_;
    const std::optional<Evidence> evidence = LastEvidence();
    const bool unknown = evidence && evidence->verdict == Truth::kUnknown;
    return unknown ? "not_evaluable" : "inactive";
  }

  std::string Explanation() const {
    const std::optional<Evidence> evidence = LastEvidence();
    return evidence ? StepsText(*evidence) : "nothing was judged";
  }

 private:
  void Note(const Transition& transition) {
    if (transition.kind == TransitionKind::kRetracted) gone_ = "retracted";
    if (transition.kind == TransitionKind::kResolved) gone_ = "resolved";
    if (transition.kind == TransitionKind::kRaised) gone_.clear();
  }

  // Of what was judged last: the latest anchor.
  std::optional<Evidence> LastEvidence() const {
    const SubjectView* view = engine_.View(subject_);
    if (view == nullptr) return std::nullopt;
    const std::optional<Anchor> anchor = LastAnchor(*view);
    if (!anchor) return std::nullopt;
    return Explain(*rule_, *view, *anchor);
  }

  std::optional<Anchor> LastAnchor(const SubjectView& view) const {
    const RuleDefinition& definition = rule_->definition();
    std::optional<Anchor> last;
    if (definition.scope == EvaluationScope::kRow) {
      const std::span<const FormRow> rows = view.Rows(definition.each_form);
      if (rows.empty()) return std::nullopt;
      last = Anchor{.row = &rows.back(), .time = rows.back().time, .key = rows.back().key};
    } else if (definition.scope == EvaluationScope::kVisit) {
      last = LastVisit(view);
    } else if (rule_->anchors().empty()) {
      last = Anchor{.time = now_};
    }
    for (const std::uint32_t item : rule_->anchors()) {
      const std::span<const Observation> series = view.Series(item);
      if (series.empty() || (last && series.back().time() < last->time)) continue;
      last = Anchor{.item = item,
                    .index = static_cast<std::uint32_t>(series.size() - 1),
                    .time = series.back().time(),
                    .key = series.back().key()};
    }
    if (!last) return std::nullopt;
    last->as_of = last->time + definition.settle;
    last->now = now_;
    return last;
  }

  // The latest visit that is due, else the first.
  std::optional<Anchor> LastVisit(const SubjectView& view) const {
    std::optional<Anchor> last;
    for (const CatalogVisit& visit : view.catalog().visits) {
      const std::optional<VisitTimes> times = TimesOf(visit, view);
      if (!times || (last && times->due > now_)) continue;
      last = Anchor{.visit = &visit, .time = times->due};
    }
    return last;
  }

  std::shared_ptr<const Rule> rule_;
  Engine engine_;
  SubjectHandle subject_;
  Seconds now_ = 0;
  std::string gone_;  // how the latest alert ended that is no longer detected
};

// Rates given as they are: [kri.AE_RATE.z, D1, -2.5].
class GivenRates final : public KriSource {
 public:
  GivenRates(const RuleTest& test, const Catalog& catalog, Seconds until) {
    for (const TestGiven& given : test.given) {
      const std::optional<TestTime> at = ParseTestTime(given.at);
      if (!at || at->begin > until || !given.item.starts_with("kri.")) continue;
      const std::size_t dot = given.item.rfind('.');
      const CatalogKri* kri = catalog.FindKri(given.item.substr(4, dot - 4));
      if (dot < 4 || kri == nullptr) continue;
      KriValue& value = values_[static_cast<std::uint32_t>(kri - catalog.kris.data())];
      Set(given.item.substr(dot + 1), given.value, &value);
    }
  }

  std::optional<KriValue> Value(std::uint32_t kri, std::string_view) const override {
    const auto found = values_.find(kri);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static void Set(std::string_view member, const std::string& text, KriValue* value) {
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (member == "z") value->score = number;
    if (member == "rate") value->rate = number;
    if (member == "numerator") value->numerator = number;
    if (member == "denominator") value->denominator = number;
  }

  std::map<std::uint32_t, KriValue> values_;
};

// The moment an expectation is about; without one, the end of all that is given.
Seconds MomentOf(const TestExpectation& expectation, std::span<const Change> changes) {
  if (const auto at = ParseTestTime(expectation.at)) return at->End();
  Seconds last = kTestReference;
  for (const Change& change : changes) last = std::max(last, change.received + kDay - 1);
  return last;
}

std::string Mismatch(const TestExpectation& expectation,
                     std::string_view found,
                     std::string_view explanation) {
  std::string text = "expected " + expectation.state;
  if (!expectation.at.empty()) text += " at " + expectation.at;
  text += ", found " + std::string(found);
  if (!explanation.empty()) text += ": " + std::string(explanation);
  return text;
}

std::string RunOnSite(const RuleTest& test, const Rule& rule, const Catalog& catalog) {
  const RecordLayout layout(rule.catalog());
  HashTextPool texts;
  HashRangeTable ranges;
  const RecordPools pools{.layout = &layout, .texts = &texts, .ranges = &ranges};
  const SubjectRecord nobody(&pools);
  const StudyContext study(rule.catalog());
  for (const TestExpectation& expectation : test.expect) {
    const auto at = ParseTestTime(expectation.at);
    const Seconds now = at ? at->End() : INT64_MAX;
    const GivenRates rates(test, catalog, now);
    const FeatureContext context{.study = &study,
                                 .units = &rule.definition().units,
                                 .kris = &rates,
                                 .subject_id = kSubject,
                                 .site_id = kSite};
    const Anchor anchor{.time = now, .as_of = now, .now = now};
    const Evidence evidence = Explain(rule, nobody, anchor, context);
    const std::string found = TruthState(evidence.verdict);
    if (found != expectation.state) return Mismatch(expectation, found, StepsText(evidence));
  }
  return "";
}

// What went wrong; empty: nothing.
std::string Run(const RuleTest& test,
                const std::shared_ptr<const Rule>& rule,
                const std::shared_ptr<const Catalog>& catalog) {
  const EvaluationScope scope = rule->definition().scope;
  if (scope == EvaluationScope::kSite || scope == EvaluationScope::kStudy) {
    return RunOnSite(test, *rule, *catalog);
  }
  const auto changes = MakeTestChanges(test.given, *catalog);
  if (!changes) return changes.error();
  TestSubject subject(rule, catalog);
  std::span<const Change> coming = *changes;
  for (const TestExpectation& expectation : test.expect) {
    const Seconds moment = MomentOf(expectation, *changes);
    while (!coming.empty() && coming.front().received <= moment) {
      const auto later = std::ranges::find_if(
          coming, [&](const Change& change) { return change.received != coming.front().received; });
      const auto together = static_cast<std::size_t>(later - coming.begin());
      subject.Apply(coming.first(together));
      coming = coming.subspan(together);
    }
    subject.Advance(moment);
    const std::string found = subject.State();
    if (found != expectation.state) return Mismatch(expectation, found, subject.Explanation());
  }
  return "";
}

}  // namespace

std::vector<RuleTestResult> RunRuleTests(std::shared_ptr<const Rule> rule,
                                         std::shared_ptr<const Catalog> catalog) {
  std::vector<RuleTestResult> results;
  const std::vector<RuleTest>& tests = rule->definition().tests;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const std::string name =
        tests[i].name.empty() ? "test " + std::to_string(i + 1) : tests[i].name;
    std::string message = Run(tests[i], rule, catalog);
    results.push_back({name, message.empty(), std::move(message)});
  }
  return results;
}

}  // namespace vedette::rules
