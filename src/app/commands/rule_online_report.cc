// SPDX-License-Identifier: Apache-2.0
#include "app/commands/rule_online_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/import/progress.h"
#include "rules/envelope/value_text.h"

namespace vedette::app {
namespace {

namespace pb = rule::v1;

using importing::GroupDigits;

constexpr int kBusiest = 5;
constexpr int kAlertLines = 20;

std::string Counted(std::int64_t count, std::string_view one) {
  return GroupDigits(static_cast<std::uint64_t>(count)) + " " + std::string(one) +
         (count == 1 ? "" : "s");
}

std::string Line(std::string_view name, std::string_view value) {
  return fmt::format("  {:<15}{}\n", name, value);
}

std::string Busiest(const google::protobuf::RepeatedPtrField<pb::BacktestCount>& counts) {
  std::vector<const pb::BacktestCount*> sorted;
  for (const pb::BacktestCount& count : counts) sorted.push_back(&count);
  std::ranges::sort(sorted, [](const auto* a, const auto* b) {
    return a->records() != b->records() ? a->records() > b->records() : a->key() < b->key();
  });
  std::string text;
  for (const pb::BacktestCount* count : sorted) {
    if (count == sorted[std::min<std::size_t>(kBusiest, sorted.size() - 1)] &&
        sorted.size() > kBusiest) {
      return text + fmt::format(" and {} more", sorted.size() - kBusiest);
    }
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", count->key(),
                        GroupDigits(static_cast<std::uint64_t>(count->records())));
  }
  return text;
}

std::string AlertLines(std::string_view sign,
                       const google::protobuf::RepeatedPtrField<pb::BacktestAlert>& alerts,
                       std::int64_t count) {
  std::string text;
  const int shown = std::min(alerts.size(), kAlertLines);
  for (int i = 0; i < shown; ++i) {
    text += fmt::format("  {} {:<16} {}\n", sign, alerts[i].subject_number(),
                        rules::DateTimeText(alerts[i].started() / 1'000'000));
  }
  if (count > shown) {
    text += fmt::format("  {} and {} more\n", sign,
                        GroupDigits(static_cast<std::uint64_t>(count - shown)));
  }
  return text;
}

}  // namespace

std::string VersionLine(const pb::RuleVersion& version) {
  std::string line = fmt::format("{:<20} {:>3}  {:<8} {}", version.rule_id(), version.version(),
                                 version.status(), version.name());
  for (const pb::Signature& signature : version.signatures()) {
    line += fmt::format("; signed by {}", signature.name());
  }
  return line + "\n";
}

std::string VersionText(const pb::RuleVersion& version, bool chinese) {
  const std::string& name =
      chinese && !version.name_zh().empty() ? version.name_zh() : version.name();
  const std::string& words = chinese && !version.plain_words_zh().empty() ? version.plain_words_zh()
                                                                          : version.plain_words();
  return fmt::format(
      "{} version {}: {}\n\n  {}\n\n{}{}{}\n{}\n", version.rule_id(), version.version(), name,
      words, Line("status", version.status()),
      Line("tests", fmt::format("{}, {}", version.tests(),
                                version.tests_passed() ? "all pass" : "not all pass")),
      Line("hash", version.content_hash()), version.definition());
}

bool HasFindings(const pb::CheckRuleResponse& check) {
  const bool mistakes = std::ranges::any_of(
      check.diagnostics(), [](const pb::Diagnostic& one) { return one.gravity() == "error"; });
  return mistakes || std::ranges::any_of(check.rules(), [](const pb::CheckedRule& rule) {
           return std::ranges::any_of(rule.tests(),
                                      [](const auto& test) { return !test.passed(); });
         });
}

std::string CheckText(const std::string& path, const pb::CheckRuleResponse& check) {
  std::string text;
  for (const pb::Diagnostic& one : check.diagnostics()) {
    text += path + ": " + one.gravity() + "\n" + one.rendered() + "\n";
  }
  for (const pb::CheckedRule& rule : check.rules()) {
    for (const pb::RuleTestResult& test : rule.tests()) {
      if (test.passed()) continue;
      text +=
          "  FAIL  " + rule.rule_id() + ": " + test.name() + "\n        " + test.message() + "\n";
    }
  }
  return text + path + ": " +
         (HasFindings(check) ? std::string("not fit to be signed")
                             : Counted(check.rules_size(), "rule") + ", all fine") +
         "\n";
}

std::string BacktestText(const pb::Backtest& backtest) {
  std::string text = backtest.rule_id() + "  version " + std::to_string(backtest.version()) + "\n";
  if (backtest.status() == "cancelled") return text + Line("cancelled", "by the terminal");
  text += Line("judged", Counted(backtest.anchors(), "record"));
  text += Line("true", Counted(backtest.records(), "record") + ", " +
                           Counted(backtest.subjects(), "subject") + ", " +
                           Counted(backtest.days(), "day"));
  text += Line("alerts", fmt::format("{}, {:.2f} a subject and month",
                                     GroupDigits(static_cast<std::uint64_t>(backtest.alerts())),
                                     backtest.alerts_per_subject_month()));
  if (backtest.retracted() > 0) text += Line("taken back", Counted(backtest.retracted(), "alert"));
  if (backtest.not_evaluable() > 0) {
    text += Line("not evaluable", Counted(backtest.not_evaluable(), "record"));
  }
  if (!backtest.by_site().empty()) text += Line("busiest sites", Busiest(backtest.by_site()));
  if (!backtest.by_day().empty()) text += Line("busiest days", Busiest(backtest.by_day()));
  if (backtest.compared_with() > 0) text += DifferenceText(backtest);
  return text;
}

std::string DifferenceText(const pb::Backtest& backtest) {
  return fmt::format("against version {}: {} alerts stay, {} disappear, {} appear\n",
                     backtest.compared_with(), backtest.same(), backtest.disappear_count(),
                     backtest.appear_count()) +
         AlertLines("-", backtest.disappear(), backtest.disappear_count()) +
         AlertLines("+", backtest.appear(), backtest.appear_count());
}

}  // namespace vedette::app
