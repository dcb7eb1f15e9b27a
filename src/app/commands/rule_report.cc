// SPDX-License-Identifier: Apache-2.0
#include "app/commands/rule_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "app/import/progress.h"
#include "rules/envelope/value_text.h"

namespace vedette::app {
namespace {

using importing::GroupDigits;

constexpr std::size_t kBusiest = 5;

std::string Counted(std::uint64_t count, std::string_view one) {
  return GroupDigits(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

std::string Line(std::string_view name, std::string_view value) {
  return fmt::format("  {:<15}{}\n", name, value);
}

// "701 (312), 704 (120)": those with the most records.
std::string Busiest(std::vector<rules::BacktestCount> counts) {
  std::ranges::sort(counts, [](const auto& a, const auto& b) {
    return a.records != b.records ? a.records > b.records : a.key < b.key;
  });
  std::string text;
  for (std::size_t i = 0; i < std::min(counts.size(), kBusiest); ++i) {
    text +=
        fmt::format("{}{} ({})", i == 0 ? "" : ", ", counts[i].key, GroupDigits(counts[i].records));
  }
  if (counts.size() > kBusiest) text += fmt::format(" and {} more", counts.size() - kBusiest);
  return text;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string CountsJson(const std::vector<rules::BacktestCount>& counts) {
  std::string text = "[";
  for (const rules::BacktestCount& count : counts) {
    text +=
        fmt::format("{}{{\"key\":{},\"records\":{},\"alerts\":{}}}", text.size() == 1 ? "" : ",",
                    Quoted(count.key), count.records, count.alerts);
  }
  return text + "]";
}

}  // namespace

std::string BacktestText(const rules::Rule& rule, const rules::BacktestResult& result) {
  const rules::RuleDefinition& definition = rule.definition();
  std::string text = definition.rule_id + "  " + definition.title + "\n";
  text += Line("judged", Counted(result.anchors, "record"));
  text +=
      Line("true", Counted(result.records, "record") + ", " + Counted(result.subjects, "subject") +
                       ", " + Counted(result.days, "day"));
  text += Line("alerts",
               fmt::format("{}, {:.2f} a subject and month", GroupDigits(result.alerts.size()),
                           result.alerts_per_subject_month));
  if (result.retracted > 0) text += Line("taken back", GroupDigits(result.retracted));
  if (result.not_evaluable > 0) {
    text += Line("not evaluable", Counted(result.not_evaluable, "record"));
  }
  if (!result.by_site.empty()) text += Line("busiest sites", Busiest(result.by_site));
  if (!result.by_day.empty()) text += Line("busiest days", Busiest(result.by_day));
  if (result.cancelled) text += Line("cancelled", "what stands above is not complete");
  return text;
}

std::string BacktestJson(const rules::Rule& rule,
                         const rules::History& history,
                         const rules::BacktestResult& result) {
  std::string text = fmt::format(
      "{{\"rule\":{},\"version\":{},\"hash\":{},\"subjects_total\":{},\"judged\":{},\"records\":{},"
      "\"subjects\":{},\"days\":{},\"not_evaluable\":{},\"retracted\":{},"
      "\"alerts_per_subject_month\":{},\"cancelled\":{},",
      Quoted(rule.definition().rule_id), rule.definition().version, Quoted(rule.content_hash()),
      history.subjects(), result.anchors, result.records, result.subjects, result.days,
      result.not_evaluable, result.retracted, result.alerts_per_subject_month, result.cancelled);
  text += "\"by_site\":" + CountsJson(result.by_site) + ",\"by_day\":" + CountsJson(result.by_day);
  text += ",\"alerts\":[";
  for (std::size_t i = 0; i < result.alerts.size(); ++i) {
    const rules::BacktestAlert& alert = result.alerts[i];
    text += fmt::format("{}{{\"scope\":{},\"started\":{},\"fired\":{}", i == 0 ? "" : ",",
                        Quoted(alert.scope_key), Quoted(rules::DateTimeText(alert.alert.started)),
                        Quoted(rules::DateTimeText(alert.alert.fired)));
    if (alert.alert.resolved) {
      text += ",\"resolved\":" + Quoted(rules::DateTimeText(*alert.alert.resolved));
    }
    if (alert.retracted_at) {
      text += ",\"retracted\":" + Quoted(rules::DateTimeText(*alert.retracted_at));
    }
    text += "}";
  }
  return text + "]}";
}

std::string AlertLines(std::string_view sign,
                       const std::vector<rules::BacktestAlert>& alerts,
                       std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < std::min(alerts.size(), limit); ++i) {
    text += fmt::format("  {} {:<16} {}\n", sign, alerts[i].scope_key,
                        rules::DateTimeText(alerts[i].alert.started));
  }
  if (alerts.size() > limit) {
    text += fmt::format("  {} and {} more\n", sign, GroupDigits(alerts.size() - limit));
  }
  return text;
}

}  // namespace vedette::app
