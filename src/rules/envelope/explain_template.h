// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/check/checker.h"
#include "rules/syntax/diagnostic.h"

namespace vedette::rules {

// How the value of a template's expression is written.
enum class TemplateFormat : std::uint8_t {
  kPlain,     // {lab.ALT.value}: shortest number, text as it is, time to the minute
  kFixed,     // {lab.ALT.xuln:.1f}: so many decimals
  kDate,      // {lab.ALT.time:date}
  kDateTime,  // {lab.ALT.time:datetime}
};

// Text, then an expression; the last part of a template has none.
struct TemplatePart {
  std::string text;
  std::string source;  // of the expression; empty: none
  Span span;           // of the source within the template
  TemplateFormat format = TemplateFormat::kPlain;
  std::uint8_t decimals = 0;
  CheckedExpression checked;  // filled in by CompileTemplate
};

// An explanation with places for what the rule read: "ALT {lab.ALT.xuln:.1f} times the limit".
// "{{" and "}}" stand for braces.
struct ExplainTemplate {
  std::vector<TemplatePart> parts;
};

// Splits the text; nothing is checked but braces and formats.
std::expected<ExplainTemplate, Diagnostics> ParseTemplate(std::string_view text);

// Also parses and checks every expression, and that its type fits its format. Spans are within the
// template.
std::expected<ExplainTemplate, Diagnostics> CompileTemplate(std::string_view text,
                                                            const CheckerOptions& options);

}  // namespace vedette::rules
