// SPDX-License-Identifier: Apache-2.0
#include "rules/check/report.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/suggest.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kMaxText = 60;
constexpr std::size_t kMaxListed = 8;

void SortByPlace(Diagnostics& diagnostics) {
  std::ranges::sort(diagnostics, {}, [](const Diagnostic& diagnostic) {
    return std::tie(diagnostic.span.begin, diagnostic.span.end, diagnostic.code,
                    diagnostic.message);
  });
  const auto repeated = std::ranges::unique(diagnostics);
  diagnostics.erase(repeated.begin(), repeated.end());
}

// Cuts before `at` without splitting a character of UTF-8.
std::string_view CutText(std::string_view text, std::size_t at) {
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return text.substr(0, at);
}

}  // namespace

Type Report::Error(std::string_view code, Span span, std::string message, std::string suggestion) {
  errors_.push_back({.code = std::string(code),
                     .span = span,
                     .message = std::move(message),
                     .suggestion = std::move(suggestion)});
  return Type::Of(TypeKind::kError);
}

void Report::Warning(std::string_view code,
                     Span span,
                     std::string message,
                     std::string suggestion) {
  warnings_.push_back({.gravity = Gravity::kWarning,
                       .code = std::string(code),
                       .span = span,
                       .message = std::move(message),
                       .suggestion = std::move(suggestion)});
}

std::string Report::Text(const Expr& expr) const { return Text(expr.span); }

std::string Report::Text(Span span) const {
  const std::size_t begin = std::min<std::size_t>(span.begin, source_.size());
  const std::size_t end = std::clamp<std::size_t>(span.end, begin, source_.size());
  const std::string_view text = source_.substr(begin, end - begin);
  if (text.size() <= kMaxText) return std::string(text);
  return std::string(CutText(text, kMaxText)) + "…";
}

std::string Report::Quoted(const Expr& expr) const { return "'" + Text(expr) + "'"; }

Span Report::PlaceOf(std::string_view name, const Expr& expr) const {
  const std::size_t from = expr.target == nullptr ? expr.span.begin : expr.target->span.end;
  const std::size_t found = source_.find(name, from);
  if (found == std::string_view::npos || found + name.size() > expr.span.end) return expr.span;
  return {static_cast<std::uint32_t>(found), static_cast<std::uint32_t>(found + name.size())};
}

Diagnostics Report::TakeErrors() {
  SortByPlace(errors_);
  return std::move(errors_);
}

Diagnostics Report::TakeWarnings() {
  SortByPlace(warnings_);
  return std::move(warnings_);
}

std::string WithArticle(const Type& type) {
  const std::string text = Describe(type);
  switch (type.kind) {
    case TypeKind::kBool:
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kNull:
    case TypeKind::kDyn:
    case TypeKind::kParameter:
    case TypeKind::kError:
      return text;
    default:
      return (type.kind == TypeKind::kCodelist   ? "the "
              : text.find_first_of("aeiou") == 0 ? "an "
                                                 : "a ") +
             text;
  }
}

std::string DidYouMean(std::string_view wanted, std::span<const std::string_view> candidates) {
  const std::string_view nearest = Suggest(wanted, candidates);
  if (nearest.empty()) return {};
  return "did you mean '" + std::string(nearest) + "'?";
}

std::string ListOf(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == kMaxListed) return text + ", …";
    if (i > 0) text += ", ";
    text += names[i];
  }
  return text;
}

}  // namespace vedette::rules
