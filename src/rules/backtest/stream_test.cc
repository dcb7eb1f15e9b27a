// SPDX-License-Identifier: Apache-2.0
// A stream of operations with disorder, corrections and withdrawals: the back-test of what is left
// gives, rule by rule, what the live engine holds after it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "rules/backtest/backtest.h"
#include "rules/live/engine.h"
#include "rules/live/testing/operation_stream.h"

namespace vedette::rules {
namespace {

using testing::OperationStream;
using testing::OperationStreamOptions;

std::vector<RuleDefinition> AllRules() {
  std::vector<RuleDefinition> rules = testing::TemporalRules();
  const std::vector<RuleDefinition> further = testing::FurtherRules();
  rules.insert(rules.end(), further.begin(), further.end());
  return rules;
}

// By rule id: the alerts that fired, by subject and founding anchor.
using AlertsByRule = std::map<std::string, std::vector<DetectedAlert>>;

AlertsByRule AlertsOfEngine(const OperationStream& stream,
                            const std::vector<TimedRule>& rules,
                            Seconds now) {
  AlertsByRule alerts;
  for (const TimedRule& rule : rules) {
    // One engine for each rule: `rule` of its alerts is 0, as in a back-test.
    Engine engine(testing::OperationCatalog(), {rule}, {.bounded = false});
    std::vector<SubjectHandle> handles;
    for (const std::string& subject : stream.subjects) {
      handles.push_back(engine.Subject(subject, "site"));
      engine.Load(handles.back(), {}, 0);
    }
    std::vector<Transition> transitions;
    std::vector<Engine::SubjectTransition> advanced;
    for (const OperationStream::Batch& batch : stream.batches) {
      engine.Advance(batch.received, &advanced);
      engine.Apply(handles[batch.subject], stream.Changes(batch), batch.received, &transitions);
    }
    engine.Advance(now, &advanced);
    for (const SubjectHandle handle : handles) {
      for (const DetectedAlert& alert : engine.Detected(handle)) {
        if (alert.detection != Detection::kPending) {
          alerts[rule.rule->definition().rule_id].push_back(alert);
        }
      }
    }
  }
  return alerts;
}

class StreamTest : public ::testing::TestWithParam<OperationStreamOptions> {};

TEST_P(StreamTest, BackTestsGiveWhatTheEngineHolds) {
  const OperationStream stream = testing::GenerateOperations(GetParam());
  History history(testing::OperationCatalog());
  history.KeepArrival(true);
  for (const std::string& subject : stream.subjects) {
    history.Subject(subject, "site");
  }
  Seconds now = 0;
  for (const OperationStream::Batch& batch : stream.batches) {
    now = std::max(now, batch.received);
    for (const Change& change : stream.Changes(batch)) {
      history.Add(batch.subject, change);
    }
  }
  history.Finish();
  const std::vector<TimedRule> rules = testing::CompileAll(AllRules());
  AlertsByRule expected = AlertsOfEngine(stream, rules, now);
  std::size_t total = 0;
  for (const TimedRule& timed : rules) {
    const std::string& id = timed.rule->definition().rule_id;
    const BacktestResult corrected = RunBacktest(timed.rule, history, {.now = now});
    const BacktestResult known =
        RunBacktest(timed.rule, history, {.mode = BacktestMode::kAsKnown, .now = now});
    std::vector<DetectedAlert> found;
    for (const BacktestAlert& alert : corrected.alerts) {
      found.push_back(alert.alert);
    }
    EXPECT_EQ(found.size(), expected[id].size()) << id;
    EXPECT_TRUE(found == expected[id]) << id;
    std::vector<DetectedAlert> standing;
    for (const BacktestAlert& alert : known.alerts) {
      const bool taken_back = alert.retracted_at.has_value();
      const bool timer_is_over =
          alert.alert.fired_item == kTimerItem && alert.alert.detection == Detection::kResolved;
      if (!taken_back && !timer_is_over) {
        standing.push_back(alert.alert);
      }
    }
    EXPECT_TRUE(standing == expected[id]) << id << " as known";
    total += found.size();
  }
  EXPECT_GT(total, 1'000U);
}

INSTANTIATE_TEST_SUITE_P(
    Streams,
    StreamTest,
    ::testing::Values(OperationStreamOptions{.subjects = 20, .observations = 400, .seed = 3},
                      OperationStreamOptions{
                          .subjects = 20, .observations = 400, .seed = 4, .plain = true}));

}  // namespace
}  // namespace vedette::rules
