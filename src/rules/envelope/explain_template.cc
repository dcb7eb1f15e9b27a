// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/explain_template.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kMaxParts = 64;

Diagnostics One(std::string code, Span span, std::string message, std::string suggestion) {
  return {{Gravity::kError, std::move(code), span, std::move(message), std::move(suggestion)}};
}

// The end of the expression that begins at `at`: its closing brace. Braces within strings and maps
// are the expression's own.
std::optional<std::size_t> FindClosingBrace(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  char quote = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == '\\') {
        ++at;
      } else if (c == quote) {
        quote = 0;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}') {
      if (depth == 0) return at;
      --depth;
    }
  }
  return std::nullopt;
}

// Takes ":.1f", ":date" or ":datetime" off the end; a colon of "a ? b : c" is none of these.
void TakeFormat(TemplatePart* part) {
  const std::size_t colon = part->source.rfind(':');
  if (colon == std::string::npos) return;
  const std::string_view name = std::string_view(part->source).substr(colon + 1);
  if (name == "date") {
    part->format = TemplateFormat::kDate;
  } else if (name == "datetime") {
    part->format = TemplateFormat::kDateTime;
  } else if (name.size() == 3 && name[0] == '.' && name[1] >= '0' && name[1] <= '9' &&
             name[2] == 'f') {
    part->format = TemplateFormat::kFixed;
    part->decimals = static_cast<std::uint8_t>(name[1] - '0');
  } else {
    return;
  }
  part->source.resize(colon);
}

bool Fits(TemplateFormat format, const Type& type) {
  const Type& inner =
      type.kind == TypeKind::kOptional && !type.parameters.empty() ? type.parameters[0] : type;
  switch (inner.kind) {
    case TypeKind::kError:
    case TypeKind::kDyn:
      return true;
    case TypeKind::kDouble:
    case TypeKind::kInt:
    case TypeKind::kUint:
      return format == TemplateFormat::kPlain || format == TemplateFormat::kFixed;
    case TypeKind::kTimestamp:
      return format != TemplateFormat::kFixed;
    case TypeKind::kBool:
    case TypeKind::kString:
    case TypeKind::kDuration:
      return format == TemplateFormat::kPlain;
    default:
      return false;
  }
}

std::string_view Wanted(TemplateFormat format) {
  switch (format) {
    case TemplateFormat::kPlain:
      return "a number, a text, a time, a duration or a truth value";
    case TemplateFormat::kFixed:
      return "a number";
    case TemplateFormat::kDate:
    case TemplateFormat::kDateTime:
      return "a time";
  }
  return "a value";
}

void Shift(Diagnostics* diagnostics, std::uint32_t by) {
  for (Diagnostic& diagnostic : *diagnostics) {
    diagnostic.span.begin += by;
    diagnostic.span.end += by;
  }
}

Diagnostics CompilePart(const CheckerOptions& options, TemplatePart* part) {
  const auto ast = Parse(part->source);
  if (!ast) return ast.error();
  auto checked = Check(*ast, options);
  if (!checked) return std::move(checked.error());
  part->checked = std::move(*checked);
  const Type& type = part->checked.TypeOf(*part->checked.ast->root);
  if (Fits(part->format, type)) return {};
  return One(
      "wrong_type", (*ast)->root->span,
      "this place takes " + std::string(Wanted(part->format)) + ", and this is a " + Describe(type),
      type.kind == TypeKind::kSeries ? "add .value" : "");
}

}  // namespace

std::expected<ExplainTemplate, Diagnostics> ParseTemplate(std::string_view text) {
  ExplainTemplate parsed;
  TemplatePart part;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto here = static_cast<std::uint32_t>(at);
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if (c != '{' && c != '}') {
      part.text += c;
    } else if (doubled) {
      part.text += c;
      ++at;
    } else if (c == '}') {
      return std::unexpected(One("stray_brace", {here, here + 1}, "'}' without '{'",
                                 "write }} for a brace in the text"));
    } else {
      const std::optional<std::size_t> end = FindClosingBrace(text, at + 1);
      if (!end || parsed.parts.size() >= kMaxParts) {
        return std::unexpected(One("open_brace", {here, here + 1},
                                   end ? "there are too many places" : "'{' is never closed",
                                   end ? "" : "write {{ for a brace in the text"));
      }
      part.source = text.substr(at + 1, *end - at - 1);
      part.span = {here + 1, static_cast<std::uint32_t>(*end)};
      TakeFormat(&part);
      parsed.parts.push_back(std::exchange(part, {}));
      at = *end;
    }
  }
  parsed.parts.push_back(std::move(part));
  return parsed;
}

std::expected<ExplainTemplate, Diagnostics> CompileTemplate(std::string_view text,
                                                            const CheckerOptions& options) {
  auto parsed = ParseTemplate(text);
  if (!parsed) return parsed;
  Diagnostics all;
  for (TemplatePart& part : parsed->parts) {
    if (part.span.end == 0) continue;
    Diagnostics found = CompilePart(options, &part);
    Shift(&found, part.span.begin);
    all.insert(all.end(), found.begin(), found.end());
  }
  if (!all.empty()) return std::unexpected(std::move(all));
  return parsed;
}

}  // namespace vedette::rules
