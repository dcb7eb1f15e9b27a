// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/status_text.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "kit/telemetry/json_text.h"

namespace vedette {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5c6b7a; --line: #dfe5ea; --back: #ffffff;
  --panel: #f6f8fa; --good: #0b6b3a; --warning: #8a5a00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dde4ea; --soft: #93a1ae; --line: #2c363f; --back: #12181d; --panel: #1a2229;
    --good: #6ccf97; --warning: #e5b567; --bad: #ff8a80; }
}
body { margin: 0 auto; padding: 1rem 1.25rem 3rem; max-width: 90rem; background: var(--back);
  color: var(--ink); font: 13px/1.4 system-ui, sans-serif; }
h1 { font-size: 1.2rem; margin: 0 0 .5rem; }
h2 { font-size: .95rem; margin: 1.4rem 0 .35rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem .9rem; border-bottom: 1px solid var(--line);
  padding-bottom: .5rem; }
a { color: inherit; }
.soft { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .15rem .9rem .15rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--soft); font-weight: 500; }
.number { text-align: right; }
.good { color: var(--good); } .warning { color: var(--warning); } .bad { color: var(--bad); }
.warning, .bad { font-weight: 600; }
)";

std::string_view ClassOf(StatusTone tone) {
  switch (tone) {
    case StatusTone::kPlain:
      return "";
    case StatusTone::kGood:
      return "good";
    case StatusTone::kWarning:
      return "warning";
    case StatusTone::kBad:
      return "bad";
  }
  return "";
}

std::string TextOf(const StatusCell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell.value)) return *text;
  if (const auto* integer = std::get_if<std::int64_t>(&cell.value)) return std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&cell.value)) {
    return std::isfinite(*number) ? fmt::format("{:.6g}", *number) : "–";
  }
  return std::get<bool>(cell.value) ? "yes" : "no";
}

// A number, or one with its unit: "98 %", "1.2 ms".
bool IsNumeric(const StatusCell& cell) {
  const auto* text = std::get_if<std::string>(&cell.value);
  if (text == nullptr) return !std::holds_alternative<bool>(cell.value);
  const std::size_t end = text->find_first_not_of("-0123456789.");
  return !text->empty() && end != 0 && (end == std::string::npos || (*text)[end] == ' ');
}

// Numbers stand below each other in a column without other text.
std::vector<bool> NumericColumns(const StatusTable& table) {
  std::vector<bool> numeric(table.columns.size(), false);
  for (std::size_t i = 0; i < numeric.size(); ++i) {
    for (const auto& row : table.rows) {
      if (TextOf(row[i]).empty()) continue;
      numeric[i] = IsNumeric(row[i]);
      if (!numeric[i]) break;
    }
  }
  return numeric;
}

void AppendCell(std::string& out, const StatusCell& cell, bool number) {
  const std::string_view tone = ClassOf(cell.tone);
  out += "<td";
  if (number || !tone.empty()) {
    out += fmt::format(" class=\"{}{}{}\"", number ? "number" : "",
                       number && !tone.empty() ? " " : "", tone);
  }
  out += ">";
  const std::string text = TextOf(cell);
  AppendHtmlText(out, text.empty() ? "–" : text);
  out += "</td>";
}

void AppendTable(std::string& out, const StatusTable& table) {
  const std::vector<bool> numeric = NumericColumns(table);
  out += "<thead><tr>";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    out += numeric[i] ? "<th class=\"number\">" : "<th>";
    AppendHtmlText(out, table.columns[i]);
    out += "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) AppendCell(out, row[i], numeric[i]);
    out += "</tr>\n";
  }
  out += "</tbody>";
}

void AppendSection(std::string& out, const StatusSection& section) {
  out += "<h2 id=\"";
  AppendHtmlText(out, section.id);
  out += "\">";
  AppendHtmlText(out, section.title);
  out += "</h2>\n";
  if (section.failed) {
    out += "<p class=\"bad\">cannot be read now</p>\n";
    return;
  }
  const auto* table = std::get_if<StatusTable>(&section.content);
  if (table != nullptr && table->rows.empty()) {
    out += "<p class=\"soft\">none</p>\n";
    return;
  }
  out += "<div class=\"wide\"><table>";
  if (table != nullptr) {
    AppendTable(out, *table);
  } else {
    for (const auto& [name, cell] : std::get<StatusPairs>(section.content).entries) {
      out += "<tr><th>";
      AppendHtmlText(out, name);
      out += "</th>";
      AppendCell(out, cell, false);
      out += "</tr>\n";
    }
  }
  out += "</table></div>\n";
  if (section.cut_rows > 0) {
    out += fmt::format("<p class=\"soft\">and {} more</p>\n", section.cut_rows);
  }
}

void AppendJsonCell(std::string& out, const StatusCell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell.value)) {
    AppendJsonString(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&cell.value)) {
    out += std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&cell.value)) {
    AppendJsonNumber(out, *number);
  } else {
    out += std::get<bool>(cell.value) ? "true" : "false";
  }
}

// [a,b,…] of `items`, each written by `write`.
template <class Items, class Write>
void AppendList(std::string& out, const Items& items, Write write) {
  out += "[";
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) out += ",";
    write(item);
  }
  out += "]";
}

void AppendJsonSection(std::string& out, const StatusSection& section) {
  out += "{\"id\":";
  AppendJsonString(out, section.id);
  out += ",\"title\":";
  AppendJsonString(out, section.title);
  if (section.failed) {
    out += ",\"failed\":true";
  } else if (const auto* pairs = std::get_if<StatusPairs>(&section.content)) {
    out += ",\"entries\":{";
    bool first = true;
    for (const auto& [name, cell] : pairs->entries) {
      if (!std::exchange(first, false)) out += ",";
      AppendJsonString(out, name);
      out += ":";
      AppendJsonCell(out, cell);
    }
    out += "}";
  } else {
    const auto& table = std::get<StatusTable>(section.content);
    out += ",\"columns\":";
    AppendList(out, table.columns, [&](const std::string& name) { AppendJsonString(out, name); });
    out += ",\"rows\":";
    AppendList(out, table.rows, [&](const std::vector<StatusCell>& row) {
      AppendList(out, row, [&](const StatusCell& cell) { AppendJsonCell(out, cell); });
    });
    if (section.cut_rows > 0) out += fmt::format(",\"cutRows\":{}", section.cut_rows);
  }
  out += "}";
}

}  // namespace

void AppendHtmlText(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

std::string_view OpsPageStyle() { return kStyle; }

std::string RenderStatusHtml(std::string_view title, std::span<const StatusSection> sections) {
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>";
  AppendHtmlText(out, title);
  out += "</title>\n<style>";
  out += kStyle;
  out += "</style></head><body>\n<h1>";
  AppendHtmlText(out, title);
  out += "</h1>\n<nav>";
  for (const StatusSection& section : sections) {
    out += "<a href=\"#";
    AppendHtmlText(out, section.id);
    out += "\">";
    AppendHtmlText(out, section.title);
    out += "</a>";
  }
  out += "</nav>\n";
  for (const StatusSection& section : sections) AppendSection(out, section);
  out += "</body></html>\n";
  return out;
}

std::string RenderStatusJson(std::span<const StatusSection> sections) {
  std::string out = "{\"sections\":";
  AppendList(out, sections, [&](const StatusSection& each) { AppendJsonSection(out, each); });
  out += "}";
  return out;
}

}  // namespace vedette
