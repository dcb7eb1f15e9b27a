// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/condition_columns.h"

#include <algorithm>
#include <utility>

#include "rules/plan/opcode.h"
#include "rules/scores/score_functions.h"

namespace vedette::rules {
namespace {

// Whether a verdict that was reached with an unknown feature holds for each of its values.
bool IsMonotone(const Program& program) {
  return std::none_of(program.code.begin(), program.code.end(), [](const Instruction& instruction) {
    const auto opcode = static_cast<Opcode>(instruction.op);
    if (opcode == Opcode::kCall) {
      const ScoreFunction& function = ScoreFunctions()[static_cast<std::size_t>(instruction.c)];
      return function.optional_from < function.arity;
    }
    return opcode == Opcode::kCountTrue;
  });
}

}  // namespace

ConditionColumns::ConditionColumns(const Condition& condition,
                                   const AnchorContext& context,
                                   Oracle* oracle)
    : condition_(condition),
      context_(context),
      oracle_(oracle),
      features_(context, condition.features(), oracle),
      monotone_(IsMonotone(condition.vector())),
      batch_(condition.features().size()) {
  std::vector<std::pair<FeatureCost, std::size_t>> order;
  for (std::size_t i = 0; i < features_.size(); ++i) {
    order.emplace_back(features_.Cost(i), i);
  }
  std::sort(order.begin(), order.end());
  stages_.emplace_back();
  for (const auto& [cost, feature] : order) {
    // A stage for each costly one.
    if (monotone_ && cost > FeatureCost::kLookup && !stages_.back().empty()) {
      stages_.emplace_back();
    }
    stages_.back().push_back(feature);
  }
}

void ConditionColumns::Run(const RowRange& range, const RowBits& wanted) {
  range_ = range;
  features_.Start(range);
  open_ = wanted;
  is_true_.Reset(range.size(), false);
  is_false_.Reset(range.size(), false);
  for (const std::vector<std::size_t>& stage : stages_) {
    RunStage(stage);
    if (!open_.AnyIn(0, open_.size())) {
      return;
    }
  }
}

void ConditionColumns::RunStage(const std::vector<std::size_t>& features) {
  for (const std::size_t feature : features) {
    features_.Compute(feature, open_);
  }
  RunBatches();
  AskOracle();
}

void ConditionColumns::RunBatches() {
  std::uint64_t is_true[kBatchRows / 64];
  std::uint64_t is_false[kBatchRows / 64];
  for (std::size_t at = 0; at < range_.size(); at += kBatchRows) {
    const std::size_t rows = std::min(kBatchRows, range_.size() - at);
    if (!open_.AnyIn(at, at + rows)) {
      continue;
    }
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      batch_[i] = features_.At(i, at);
    }
    condition_.RunColumns(batch_, rows, is_true, is_false);
    for (std::size_t i = 0; i < (rows + 63) / 64; ++i) {
      const std::size_t word = at / 64 + i;
      std::uint64_t open = open_.Word(word);
      if (!monotone_) {
        open &= ~features_.bounded().Word(word);
      }
      is_true_.SetWord(word, is_true_.Word(word) | (is_true[i] & open));
      is_false_.SetWord(word, is_false_.Word(word) | (is_false[i] & open));
      open_.SetWord(word, open_.Word(word) & ~(open & (is_true[i] | is_false[i])));
    }
  }
}

void ConditionColumns::AskOracle() {
  const RowBits& bounded = features_.bounded();
  std::uint32_t subject = range_.first_subject;
  const std::vector<std::uint32_t>& offsets = context_.history->Item(context_.item).offsets;
  for (std::size_t at = bounded.Next(0, bounded.size()); at < bounded.size();
       at = bounded.Next(at + 1, bounded.size())) {
    if (!open_.Test(at)) {
      continue;
    }
    const auto row = static_cast<std::uint32_t>(range_.begin + at);
    while (offsets[subject + 1] <= row) {
      ++subject;
    }
    const Truth verdict = oracle_->Judge(condition_, subject, row);
    is_true_.Set(at, verdict == Truth::kTrue);
    is_false_.Set(at, verdict == Truth::kFalse);
    open_.Set(at, false);
  }
}

}  // namespace vedette::rules
