// SPDX-License-Identifier: Apache-2.0
// What the conditions of a rule are about, in words.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "model/number_text.h"
#include "rules/check/literal_duration.h"
#include "rules/envelope/describer.h"
#include "rules/scores/score_functions.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

struct MemberWords {
  std::string_view member;
  Phrase phrase;
};

constexpr MemberWords kSeriesMembers[] = {
    {"value", {"{0}", "{0}"}},
    {"time", {"the time of {0}", "{0}的采集时间"}},
    {"uln", {"the upper limit of {0}", "{0}的正常值上限"}},
    {"lln", {"the lower limit of {0}", "{0}的正常值下限"}},
    {"xuln", {"{0}", "{0}"}},
    {"xlln", {"{0} as a multiple of its lower limit", "{0}相对正常值下限的倍数"}},
    {"unit", {"the unit of {0}", "{0}的单位"}},
    {"baseline", {"the baseline of {0}", "{0}的基线值"}},
    {"change", {"the change of {0} from baseline", "{0}较基线的变化"}},
    {"pct_change", {"the percent change of {0} from baseline", "{0}较基线的变化百分比"}},
    {"grade_low", {"the CTCAE grade of low {0}", "{0}降低的 CTCAE 分级"}},
    {"grade_high", {"the CTCAE grade of high {0}", "{0}升高的 CTCAE 分级"}},
    {"base_grade_low", {"the grade of low {0} at baseline", "基线时{0}降低的分级"}},
    {"base_grade_high", {"the grade of high {0} at baseline", "基线时{0}升高的分级"}},
    {"prev", {"the previous {0}", "前一次{0}"}},
};

constexpr MemberWords kWindowMembers[] = {
    {"count", {"the number of values of {0} within {1}", "{1}内{0}的次数"}},
    {"min", {"the lowest {0} within {1}", "{1}内{0}的最低值"}},
    {"max", {"the highest {0} within {1}", "{1}内{0}的最高值"}},
    {"mean", {"the mean {0} over {1}", "{1}内{0}的均值"}},
    {"sd", {"the standard deviation of {0} over {1}", "{1}内{0}的标准差"}},
    {"slope_per_day", {"the change of {0} a day over {1}", "{1}内{0}的每日变化"}},
    {"max_xuln", {"the highest {0} within {1}", "{1}内{0}的最高值"}},
    {"min_xuln", {"the lowest {0} within {1}", "{1}内{0}的最低值"}},
};

constexpr MemberWords kVisitMembers[] = {
    {"due", {"the due day of {0}", "{0}的计划日期"}},
    {"window_start", {"the start of the window of {0}", "{0}窗口期开始"}},
    {"window_end", {"the end of the window of {0}", "{0}窗口期结束"}},
    {"time", {"the time of {0}", "{0}的实际时间"}},
    {"day", {"the study day of {0}", "{0}的研究日"}},
};

constexpr MemberWords kKriMembers[] = {
    {"z", {"the z-score of {0} of the site", "该中心{0}的 z 值"}},
    {"rate", {"{0} of the site", "该中心的{0}"}},
    {"numerator", {"the count behind {0} of the site", "该中心{0}的分子"}},
    {"denominator", {"the denominator of {0} of the site", "该中心{0}的分母"}},
};

constexpr MemberWords kOperators[] = {
    {"_+_", {"{0} plus {1}", "{0} 加 {1}"}},
    {"_-_", {"{0} minus {1}", "{0} 减 {1}"}},
    {"_*_", {"{0} times {1}", "{0} 乘以 {1}"}},
    {"_/_", {"{0} divided by {1}", "{0} 除以 {1}"}},
};

template <std::size_t kCount>
const Phrase* FindWords(const MemberWords (&table)[kCount], std::string_view member) {
  const auto found = std::ranges::find(table, member, &MemberWords::member);
  return found == std::end(table) ? nullptr : &found->phrase;
}

std::optional<std::string> TextLiteral(const Expr& expr) {
  const std::string* text = std::get_if<std::string>(&expr.value);
  if (expr.kind != ExprKind::kLiteral || text == nullptr) return std::nullopt;
  return *text;
}

std::string AsWritten(const Expr& expr) { return Format(expr, 10'000); }

bool IsSum(const Expr& expr) {
  return expr.kind == ExprKind::kCall && (expr.name == "_+_" || expr.name == "_-_");
}

}  // namespace

std::string Describer::Noun(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return NounOfLiteral(expr);
    case ExprKind::kIdent: {
      if (const auto found = variables_.find(expr.name); found != variables_.end()) {
        return found->second;
      }
      if (expr.name == "now") return book_.Say({"the present time", "当前时间"});
      const CatalogItem* item = ItemOf(expr);
      return item == nullptr ? expr.name : book_.Item(*item);
    }
    case ExprKind::kSelect:
      return NounOfSelect(expr);
    case ExprKind::kCall:
      return NounOfCall(expr);
    case ExprKind::kMacro:
      return NounOfMacro(expr);
    case ExprKind::kHas:
      return SaysHas(expr, false);
    case ExprKind::kList: {
      std::string said;
      for (const ExprPtr& element : expr.args) {
        if (!said.empty()) said += book_.Say({"; ", "；"});
        said += KindOf(*element) == TypeKind::kBool ? Condition(*element) : Noun(*element);
      }
      return said;
    }
    default:
      return AsWritten(expr);
  }
}

std::string Describer::NounOfSelect(const Expr& expr) {
  switch (KindOf(*expr.target)) {
    case TypeKind::kSeries:
    case TypeKind::kObservation:
      if (const CatalogItem* item = ItemOf(*expr.target)) return NounOfSeries(expr, *item);
      break;
    case TypeKind::kVisit:
      return NounOfVisit(expr);
    case TypeKind::kKri:
      if (const Phrase* phrase = FindWords(kKriMembers, expr.name)) {
        return book_.Say(*phrase, {Noun(*expr.target)});
      }
      break;
    case TypeKind::kSubject: {
      const CatalogItem* item = book_.catalog().FindAttribute(expr.name);
      const std::string name = item == nullptr ? expr.name : book_.Item(*item);
      return book_.Say({"the subject's {0}", "受试者的{0}"}, {name});
    }
    case TypeKind::kForm:
      if (const CatalogItem* item = Reference(expr)) {
        return book_.Say({"{0} of {1}", "{1}中的{0}"}, {book_.Item(*item), Noun(*expr.target)});
      }
      break;
    case TypeKind::kRow:
      if (const CatalogItem* item = Reference(expr)) return book_.Item(*item);
      return expr.name;
    default:
      break;
  }
  if (KindOf(expr) == TypeKind::kForm) return book_.Form(expr.name);
  if (KindOf(expr) == TypeKind::kVisit) return VisitName(expr);
  if (const CatalogItem* item = ItemOf(expr)) return book_.Item(*item);
  return AsWritten(expr);
}

std::string Describer::NounOfSeries(const Expr& expr, const CatalogItem& item) {
  const Phrase* phrase = FindWords(kSeriesMembers, expr.name);
  if (phrase == nullptr) return AsWritten(expr);
  // Of an observation of a list, of the previous one: that, not the current value.
  std::string of = book_.Item(item);
  if (KindOf(*expr.target) == TypeKind::kObservation) of = Noun(*expr.target);
  return book_.Say(*phrase, {of});
}

std::string Describer::NounOfVisit(const Expr& expr) {
  const Phrase* phrase = FindWords(kVisitMembers, expr.name);
  if (phrase == nullptr) return SaysFact(expr, false);
  return book_.Say(*phrase, {VisitName(*expr.target)});
}

std::string Describer::NounOfCall(const Expr& expr) {
  if (expr.target != nullptr) {
    if (KindOf(*expr.target) == TypeKind::kWindow) return NounOfWindowCall(expr);
    if (KindOf(*expr.target) == TypeKind::kSeries) {
      if (const CatalogItem* item = ItemOf(*expr.target)) return NounOfSeriesCall(expr, *item);
    }
    if (expr.name == "size") {
      return book_.Say({"the number of {0}", "{0}的数目"}, {Noun(*expr.target)});
    }
    if (expr.name == "count_true") {
      return book_.Say({"the number of these that hold ({0})", "以下各项中成立的数目（{0}）"},
                       {Noun(*expr.target)});
    }
    return AsWritten(expr);
  }
  if (LiteralSeconds(expr)) return Span(expr);
  if (expr.name == "_?_:_") {
    return book_.Say({"({1} if {0}, otherwise {2})", "（若{0}则取{1}，否则取{2}）"},
                     {Condition(*expr.args[0]), Noun(*expr.args[1]), Noun(*expr.args[2])});
  }
  if (expr.args.size() == 1) {
    const std::optional<std::string> name = TextLiteral(*expr.args[0]);
    if (name && expr.name == "kri") {
      return book_.Kri(*name);
    }
    if (name && (expr.name == "codelist" || expr.name == "smq")) {
      return book_.Say({"the list {0}", "列表 {0}"}, {*name});
    }
    if (expr.name == "-_") return "-" + Noun(*expr.args[0]);
    if (expr.name == "size") {
      return book_.Say({"the number of {0}", "{0}的数目"}, {Noun(*expr.args[0])});
    }
  }
  if (expr.args.size() == 2 && expr.name == "quantity") {
    return Noun(*expr.args[0]) + " " + TextLiteral(*expr.args[1]).value_or("");
  }
  if (FindWords(kOperators, expr.name) != nullptr) return NounOfOperator(expr);
  if (FindScoreFunction(expr.name) != nullptr) {
    std::string arguments;
    for (const ExprPtr& argument : expr.args) {
      if (!arguments.empty()) arguments += book_.Say({", ", "，"});
      arguments += Noun(*argument);
    }
    return book_.Say({"{0} of ({1})", "{0}（{1}）"}, {expr.name, arguments});
  }
  return AsWritten(expr);
}

std::string Describer::NounOfSeriesCall(const Expr& expr, const CatalogItem& item) {
  const std::string name = book_.Item(item);
  if (expr.name == "missed_in_a_row") {
    return book_.Say({"the number of planned entries of {0} missed in a row", "{0}连续漏填的次数"},
                     {name});
  }
  if (expr.args.empty()) return AsWritten(expr);
  const Expr& first = *expr.args[0];
  if (expr.name == "asof") {
    return book_.Say({"the latest {0} within {1}", "{1}内最近一次{0}"}, {name, Span(first)});
  }
  if (expr.name == "window") {
    return book_.Say({"the values of {0} within {1}", "{1}内的{0}"}, {name, Span(first)});
  }
  if (expr.name == "before" && expr.args.size() == 2) {
    return book_.Say({"the values of {0} in the {2} before {1}", "{1}前 {2}内的{0}结果"},
                     {name, Noun(first), Span(*expr.args[1])});
  }
  if (expr.name == "last") {
    return book_.Say({"the last {1} values of {0}", "最近 {1} 次{0}"}, {name, Noun(first)});
  }
  if (expr.name == "prev") {
    if (LiteralInteger(first) == 1) return book_.Say({"the previous {0}", "前一次{0}"}, {name});
    return book_.Say({"the {0} {1} times before", "前第 {1} 次{0}"}, {name, Noun(first)});
  }
  if (expr.name == "in") return name;
  return AsWritten(expr);
}

std::string Describer::NounOfWindowCall(const Expr& expr) {
  const CatalogItem* item = ItemOf(*expr.target);
  const Phrase* phrase = FindWords(kWindowMembers, expr.name);
  if (item == nullptr || phrase == nullptr || expr.target->args.empty()) return AsWritten(expr);
  return book_.Say(*phrase, {book_.Item(*item), Span(*expr.target->args[0])});
}

std::string Describer::NounOfOperator(const Expr& expr) {
  const bool product = expr.name == "_*_" || expr.name == "_/_";
  const auto part = [&](std::size_t index) {
    const Expr& own = *expr.args[index];
    std::string noun = product ? Noun(own) : NounBeside(own, *expr.args[1 - index]);
    const bool bracket = (product && IsSum(own)) || (index == 1 && IsSum(own));
    return bracket ? book_.Say({"({0})", "（{0}）"}, {noun}) : noun;
  };
  return book_.Say(*FindWords(kOperators, expr.name), {part(0), part(1)});
}

std::string Describer::NounOfMacro(const Expr& expr) {
  if (expr.macro == MacroKind::kFilter) {
    const std::string of = Noun(*expr.target);
    variables_[expr.variable] = book_.Say({"the value", "该值"});
    return book_.Say({"those of {0} for which {1}", "{0}中满足（{1}）的项"},
                     {of, Condition(*expr.args.back())});
  }
  if (expr.macro == MacroKind::kMap) return AsWritten(expr);
  return SaysMacro(expr, false);
}

std::string Describer::NounOfLiteral(const Expr& expr) {
  if (const double* number = std::get_if<double>(&expr.value)) return NumberText(*number);
  if (const auto* integer = std::get_if<std::int64_t>(&expr.value)) {
    return std::to_string(*integer);
  }
  if (const auto* text = std::get_if<std::string>(&expr.value)) return book_.Quote(*text);
  return AsWritten(expr);
}

std::string Describer::NounBeside(const Expr& expr, const Expr& other) {
  const bool negative = expr.kind == ExprKind::kCall && expr.name == "-_";
  const bool literal =
      expr.kind == ExprKind::kLiteral || (negative && expr.args[0]->kind == ExprKind::kLiteral);
  const TypeKind kind = KindOf(expr);
  if (!literal || (kind != TypeKind::kDouble && kind != TypeKind::kInt)) return Noun(expr);
  const std::string number = Noun(expr);
  if (IsMultipleOfLimit(other)) {
    return book_.Say({"{0} times the upper limit", "{0} 倍正常值上限"}, {number});
  }
  const std::string unit = UnitOf(other);
  return unit.empty() ? number : number + " " + unit;
}

std::string Describer::UnitOf(const Expr& expr) const {
  const Type& type = checked_.TypeOf(expr);
  const bool percent = expr.kind == ExprKind::kSelect && expr.name == "pct_change";
  return percent ? "%" : type.kind == TypeKind::kDouble ? type.unit : "";
}

bool Describer::IsMultipleOfLimit(const Expr& expr) const {
  return (expr.kind == ExprKind::kSelect && expr.name == "xuln") ||
         (expr.kind == ExprKind::kCall && (expr.name == "max_xuln" || expr.name == "min_xuln"));
}

}  // namespace vedette::rules
