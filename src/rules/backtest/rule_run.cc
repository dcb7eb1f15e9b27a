// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/rule_run.h"

#include "rules/backtest/alert_collector.h"
#include "rules/backtest/history_oracle.h"
#include "rules/backtest/record_passes.h"
#include "rules/backtest/subject_pass.h"
#include "rules/live/absence.h"

namespace vedette::rules {
namespace {

void RunColumns(const Rule& rule, const RunContext& context, RuleRun* run) {
  const History& history = *context.history;
  HistoryOracle oracle(history, *context.study, rule, context.now, nullptr);
  SubjectPass pass(rule, history, &oracle, context.now);
  AlertCollector collector(rule, history.catalog().study_id, run);
  const auto subjects = static_cast<std::uint32_t>(history.subjects());
  for (std::uint32_t first = 0; first < subjects && !run->cancelled;) {
    const std::uint32_t end = pass.EndOfPass(first);
    const SubjectPass::Counts counts =
        pass.Run(first, end, [&](std::uint32_t subject, std::span<const JudgedAnchor> anchors) {
          collector.Add(subject, history.SubjectId(subject), anchors,
                        [&pass](std::size_t anchor) { return pass.DigestOf(anchor); });
        });
    run->anchors += counts.judged;
    run->not_evaluable += counts.not_evaluable;
    first = end;
    run->cancelled = context.progress && !context.progress(static_cast<double>(end) / subjects);
  }
}

}  // namespace

RuleRun RunAsCorrected(const Rule& rule, const RunContext& context) {
  RuleRun run(*context.history);
  switch (rule.definition().scope) {
    case EvaluationScope::kSite:
    case EvaluationScope::kStudy:
      RunSites(rule, context, &run);
      return run;
    default:
      break;
  }
  if (IsJudgedByTime(rule)) {
    RunAbsences(rule, context, &run);
  } else if (rule.definition().scope == EvaluationScope::kRow) {
    RunRows(rule, context, &run);
  } else {
    RunColumns(rule, context, &run);
  }
  return run;
}

}  // namespace vedette::rules
