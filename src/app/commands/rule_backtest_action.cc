// SPDX-License-Identifier: Apache-2.0
// vedette rule backtest and diff: rules over a folder of SDTM data.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/commands/rule_actions.h"
#include "app/commands/rule_files.h"
#include "app/commands/rule_report.h"
#include "app/commands/rule_terminal.h"
#include "app/commands/text_difference.h"
#include "app/rules_data/sdtm_folder.h"
#include "rules/backtest/backtest.h"
#include "rules/envelope/catalog_file.h"
#include "rules/envelope/envelope.h"

namespace vedette::app {
namespace {

using RulePtr = std::shared_ptr<const rules::Rule>;

constexpr std::size_t kAlertLines = 20;

struct Setting {
  rules_data::SdtmStudy study;
  rules::BacktestMode mode;
};

Result<Setting> ReadSetting(const Arguments& arguments, std::span<const RuleFile> files) {
  const std::string folder = arguments.Get("data");
  if (folder.empty()) return Fail(Code::kInvalidArgument, "which data? Give --data DIR");
  const std::string mode = arguments.Get("mode");
  if (mode != "as-corrected" && mode != "as-known") {
    return Fail(Code::kInvalidArgument, "--mode is as-corrected or as-known");
  }
  rules_data::SdtmOptions options;
  options.keep_arrival = mode == "as-known";
  VEDETTE_TRY(const std::int64_t days, arguments.GetInt("visit-window", 0, 365));
  options.visit_window_days = static_cast<std::int32_t>(days);
  // The folder knows no term lists but those of its own coded fields.
  if (const auto catalog = ReadCatalog(arguments, files)) {
    options.codelists = (*catalog)->codelists;
  } else if (arguments.Has("catalog")) {
    return std::unexpected(catalog.error());
  }
  VEDETTE_TRY(rules_data::SdtmStudy study, rules_data::LoadSdtmFolder(folder, options));
  return Setting{std::move(study), mode == "as-known" ? rules::BacktestMode::kAsKnown
                                                      : rules::BacktestMode::kAsCorrected};
}

rules::BacktestResult RunOne(const RulePtr& rule,
                             const Setting& setting,
                             CancelledByTerminal& cancelled) {
  BacktestProgress progress(rule->definition().rule_id);
  rules::BacktestOptions options{.mode = setting.mode, .now = setting.study.cutoff};
  options.progress = [&](double share) {
    progress.Update(share);
    return !cancelled.Asked();
  };
  return rules::RunBacktest(rule, *setting.study.history, options);
}

std::string FolderLine(const std::string& folder, const rules_data::SdtmStudy& study) {
  return folder + ": " + std::to_string(study.history->subjects()) + " subjects, " +
         std::to_string(study.records) + " records, " + std::to_string(study.skipped) +
         " left out\n\n";
}

// The rules that can run on this study; what is wrong with the others is told on stderr.
std::vector<RulePtr> CompileForStudy(std::span<const RuleFile> files,
                                     std::string_view only,
                                     const Setting& setting,
                                     std::size_t* mistaken) {
  std::vector<RulePtr> rules;
  for (const RuleFile& file : files) {
    CompiledFile compiled = CompileFile(file, only, setting.study.catalog);
    std::fputs((file.mistakes + compiled.mistakes).c_str(), stderr);
    *mistaken += compiled.mistaken + (file.mistakes.empty() ? 0 : 1);
    std::ranges::move(compiled.rules, std::back_inserter(rules));
  }
  return rules;
}

}  // namespace

Result<int> BacktestRules(const Arguments& arguments, const Clock&) {
  VEDETTE_TRY(const std::vector<RuleFile> files, ReadRuleFiles(arguments));
  CancelledByTerminal cancelled;
  VEDETTE_TRY(const Setting setting, ReadSetting(arguments, files));
  std::size_t mistaken = 0;
  const std::vector<RulePtr> rules =
      CompileForStudy(files, arguments.Get("rule"), setting, &mistaken);
  if (rules.empty() && mistaken == 0) {
    return Fail(Code::kNotFound, "there is no rule " + arguments.Get("rule") + " in these files");
  }
  const bool json = arguments.Has("json");
  std::string text = json ? "[" : FolderLine(arguments.Get("data"), setting.study);
  bool first = true;
  for (const RulePtr& rule : rules) {
    const rules::BacktestResult result = RunOne(rule, setting, cancelled);
    if (!std::exchange(first, false)) text += json ? ",\n" : "\n";
    text +=
        json ? BacktestJson(*rule, *setting.study.history, result) : BacktestText(*rule, result);
    if (result.cancelled) break;
  }
  std::fputs((text + (json ? "]\n" : "")).c_str(), stdout);
  if (cancelled.Asked()) return Fail(Code::kCancelled, "cancelled");
  return mistaken > 0 ? 1 : 0;
}

Result<int> DiffRules(const Arguments& arguments, const Clock&) {
  if (arguments.positional().size() != 3) {
    return Fail(Code::kInvalidArgument, "which versions? Give two files, the old and the new one");
  }
  VEDETTE_TRY(const std::vector<RuleFile> files, ReadRuleFiles(arguments));
  CancelledByTerminal cancelled;
  VEDETTE_TRY(const Setting setting, ReadSetting(arguments, files));
  const std::string only = arguments.Get("rule");
  VEDETTE_TRY(const auto old_rules, CompileAll({&files[0], 1}, only, setting.study.catalog));
  VEDETTE_TRY(const auto new_rules, CompileAll({&files[1], 1}, only, setting.study.catalog));
  std::string text;
  bool differs = false;
  for (const RulePtr& after : new_rules) {
    const std::string& id = after->definition().rule_id;
    const auto before = std::ranges::find_if(
        old_rules, [&](const RulePtr& rule) { return rule->definition().rule_id == id; });
    if (before == old_rules.end()) {
      text += id + ": is new\n";
      differs = true;
      continue;
    }
    if ((*before)->content_hash() == after->content_hash()) {
      text += id + ": the same\n";
      continue;
    }
    differs = true;
    const rules::BacktestResult old_result = RunOne(*before, setting, cancelled);
    const rules::BacktestResult new_result = RunOne(after, setting, cancelled);
    if (cancelled.Asked()) return Fail(Code::kCancelled, "cancelled");
    const rules::BacktestDifference difference = rules::Compare(old_result, new_result);
    text += id + ": " + std::to_string(difference.same) + " alerts stay, " +
            std::to_string(difference.disappear.size()) + " disappear, " +
            std::to_string(difference.appear.size()) + " appear\n";
    text += AlertLines("-", difference.disappear, kAlertLines);
    text += AlertLines("+", difference.appear, kAlertLines);
    text += "\n" + LineDifference(rules::CanonicalText((*before)->definition()),
                                  rules::CanonicalText(after->definition()));
  }
  for (const RulePtr& before : old_rules) {
    const bool kept = std::ranges::any_of(new_rules, [&](const RulePtr& rule) {
      return rule->definition().rule_id == before->definition().rule_id;
    });
    if (kept) continue;
    text += before->definition().rule_id + ": is gone\n";
    differs = true;
  }
  std::fputs(text.c_str(), stdout);
  return differs ? 1 : 0;
}

}  // namespace vedette::app
