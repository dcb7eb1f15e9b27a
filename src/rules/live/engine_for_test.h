// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/live/engine.h"
#include "rules/live/testing/operation_stream.h"

// Rules and changes of the study of live/testing, and an engine with one subject.
namespace vedette::rules {

inline constexpr Seconds kStart = 1'700'006'400;  // 2023-11-15 00:00

inline RuleDefinition Define(std::string id, std::string when) {
  RuleDefinition rule;
  rule.rule_id = std::move(id);
  rule.study_id = "STREAM";
  rule.title = rule.rule_id;
  rule.when = std::move(when);
  return rule;
}

inline std::uint32_t Item(std::string_view code) {
  const auto catalog = testing::OperationCatalog();
  return catalog->IndexOf(*catalog->FindByCode(code));
}

inline Change Put(std::string_view code, std::uint64_t key, Seconds time, double number) {
  Change change;
  change.item = Item(code);
  change.key = key;
  change.time = time;
  change.received = time;
  change.number = number;
  change.first_version = true;
  return change;
}

inline Change Again(Change change, double number) {
  change.number = number;
  change.first_version = false;
  return change;
}

inline Change Withdraw(Change change) {
  change.kind = Change::Kind::kRemove;
  change.first_version = false;
  return change;
}

class EngineTest : public ::testing::Test {
 protected:
  void Start(std::vector<RuleDefinition> rules, EngineOptions options = {.bounded = false}) {
    Start(testing::CompileAll(rules), options);
  }
  void Start(std::vector<TimedRule> rules, EngineOptions options = {.bounded = false}) {
    engine_ = std::make_unique<Engine>(testing::OperationCatalog(), std::move(rules), options);
    subject_ = engine_->Subject("S-1", "01");
    engine_->Load(subject_, {}, kStart);
  }
  std::vector<Transition> Apply(const Change& change, Seconds now = kStart + 1000 * kDay) {
    return Apply(std::span(&change, 1), now);
  }
  std::vector<Transition> Apply(std::span<const Change> changes, Seconds now) {
    std::vector<Transition> transitions;
    engine_->Apply(subject_, changes, now, &transitions);
    return transitions;
  }
  std::vector<Engine::SubjectTransition> Advance(Seconds now) {
    std::vector<Engine::SubjectTransition> transitions;
    engine_->Advance(now, &transitions);
    return transitions;
  }
  std::vector<DetectedAlert> Detected() const { return engine_->Detected(subject_); }

  std::unique_ptr<Engine> engine_;
  SubjectHandle subject_ = 0;
};

}  // namespace vedette::rules
