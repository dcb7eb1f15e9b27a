// SPDX-License-Identifier: Apache-2.0
#include "rules/check/literal_duration.h"

#include <array>
#include <utility>

namespace vedette::rules {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits = {
    {{"days", 86'400}, {"hours", 3'600}, {"minutes", 60}, {"weeks", 604'800}}};

bool IsNumberLiteral(const Expr& expr) {
  return expr.kind == ExprKind::kLiteral && (std::holds_alternative<std::int64_t>(expr.value) ||
                                             std::holds_alternative<double>(expr.value) ||
                                             std::holds_alternative<std::uint64_t>(expr.value));
}

}  // namespace

std::optional<std::int64_t> SecondsInUnit(std::string_view function) {
  for (const auto& [name, seconds] : kUnits) {
    if (name == function) return seconds;
  }
  return std::nullopt;
}

std::optional<std::int64_t> LiteralInteger(const Expr& expr) {
  if (expr.kind != ExprKind::kLiteral) return std::nullopt;
  if (const auto* value = std::get_if<std::int64_t>(&expr.value)) return *value;
  return std::nullopt;
}

std::optional<std::int64_t> LiteralSeconds(const Expr& expr) {
  if (expr.kind != ExprKind::kCall || expr.target != nullptr) return std::nullopt;
  std::int64_t seconds = 0;
  if (const auto unit = SecondsInUnit(expr.name); unit && expr.args.size() == 1) {
    const auto count = LiteralInteger(*expr.args[0]);
    if (!count || __builtin_mul_overflow(*count, *unit, &seconds)) return std::nullopt;
    return seconds;
  }
  if (expr.args.size() != 2 || (expr.name != "_+_" && expr.name != "_-_")) return std::nullopt;
  const auto left = LiteralSeconds(*expr.args[0]);
  const auto right = LiteralSeconds(*expr.args[1]);
  if (!left || !right) return std::nullopt;
  const bool overflow = expr.name == "_+_" ? __builtin_add_overflow(*left, *right, &seconds)
                                           : __builtin_sub_overflow(*left, *right, &seconds);
  if (overflow) return std::nullopt;
  return seconds;
}

bool CheckWindowLength(const Expr& argument, const Type& type, const Expr& call, Report* report) {
  if (type.kind == TypeKind::kError) return false;
  if (IsNumberLiteral(argument)) {
    report->Error("wrong_type", argument.span,
                  call.name + "() takes a length of time, not a number",
                  "write days(" + report->Text(argument) + ")");
    return false;
  }
  if (type.kind != TypeKind::kDuration && type.kind != TypeKind::kDyn) {
    report->Error("wrong_type", argument.span,
                  call.name + "() takes a length of time, not " + WithArticle(type),
                  "write days(14)");
    return false;
  }
  const auto seconds = LiteralSeconds(argument);
  if (!seconds) {
    report->Error("window_not_literal", argument.span,
                  "the length of a window must be written out, so that its cost is known",
                  "write days(14)");
    return false;
  }
  if (*seconds <= 0) {
    report->Error("window_not_positive", argument.span, "a window of this length holds nothing",
                  "write a length above zero, such as days(14)");
    return false;
  }
  if (*seconds > kMaxWindowSeconds) {
    report->Error("unbounded_window", argument.span, "a window is at most 10 years long",
                  "for a comparison with the start of treatment use .baseline");
    return false;
  }
  return true;
}

bool CheckObservationCount(const Expr& argument, const Expr& call, Report* report) {
  const auto count = LiteralInteger(argument);
  if (!count) {
    report->Error("count_not_literal", argument.span,
                  call.name + "() takes a whole number that is written out",
                  "write " + call.name + "(2)");
    return false;
  }
  if (*count < 1 || *count > kMaxObservations) {
    report->Error("count_out_of_range", argument.span,
                  call.name + "() takes a number from 1 to 1000",
                  *count > kMaxObservations ? "write " + call.name + "(1000)"
                  : call.name == "prev"     ? "prev(1) is the observation before"
                                            : "last(1) is the latest observation");
    return false;
  }
  return true;
}

}  // namespace vedette::rules
