// SPDX-License-Identifier: Apache-2.0
// The conditions of a rule in words; what they compare is in describer_nouns.cc.
#include "rules/envelope/describer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "rules/check/literal_duration.h"

namespace vedette::rules {
namespace {

// How a comparison reads of amounts, times and durations, and what turns it round.
struct ComparisonWords {
  std::string_view function;
  std::string_view opposite;
  std::string_view mirrored;
  Phrase amount;
  Phrase time;
  Phrase duration;
};
constexpr ComparisonWords kComparisons[] = {
    {"_>_",
     "_<=_",
     "_<_",
     {"{0} is above {1}", "{0}高于 {1}"},
     {"{0} is after {1}", "{0}晚于{1}"},
     {"{0} is longer than {1}", "{0}超过 {1}"}},
    {"_>=_",
     "_<_",
     "_<=_",
     {"{0} is at least {1}", "{0}不低于 {1}"},
     {"{0} is not before {1}", "{0}不早于{1}"},
     {"{0} is at least {1}", "{0}不短于 {1}"}},
    {"_<_",
     "_>=_",
     "_>_",
     {"{0} is below {1}", "{0}低于 {1}"},
     {"{0} is before {1}", "{0}早于{1}"},
     {"{0} is shorter than {1}", "{0}短于 {1}"}},
    {"_<=_",
     "_>_",
     "_>=_",
     {"{0} is at most {1}", "{0}不高于 {1}"},
     {"{0} is not after {1}", "{0}不晚于{1}"},
     {"{0} is at most {1}", "{0}不超过 {1}"}},
    {"_==_",
     "_!=_",
     "_==_",
     {"{0} is {1}", "{0}为 {1}"},
     {"{0} is the same as {1}", "{0}与{1}相同"},
     {"{0} is the same as {1}", "{0}与{1}相同"}},
    {"_!=_",
     "_==_",
     "_!=_",
     {"{0} is not {1}", "{0}不为 {1}"},
     {"{0} is not the same as {1}", "{0}与{1}不同"},
     {"{0} is not the same as {1}", "{0}与{1}不同"}},
};

const ComparisonWords* FindComparison(std::string_view function) {
  const auto found = std::ranges::find(kComparisons, function, &ComparisonWords::function);
  return found == std::end(kComparisons) ? nullptr : found;
}

bool IsCall(const Expr& expr, std::string_view name) {
  return expr.kind == ExprKind::kCall && expr.name == name;
}

bool IsLiteral(const Expr& expr) { return expr.kind == ExprKind::kLiteral; }

bool IsTrueLiteral(const Expr& expr) {
  const bool* value = std::get_if<bool>(&expr.value);
  return IsLiteral(expr) && value != nullptr && *value;
}

void Flatten(const Expr& expr, std::string_view function, std::vector<const Expr*>* parts) {
  if (!IsCall(expr, function)) return parts->push_back(&expr);
  for (const ExprPtr& argument : expr.args) Flatten(*argument, function, parts);
}

}  // namespace

std::string Describer::Says(const Expr& expr, bool negated, Binding outer) {
  switch (expr.kind) {
    case ExprKind::kCall:
      if (expr.target == nullptr) {
        if (expr.name == "!_") return Says(*expr.args[0], !negated, outer);
        if (expr.name == "_&&_" || expr.name == "_||_") return SaysJunction(expr, negated, outer);
        if (expr.name == "_in_") return SaysMembership(expr, negated);
        if (FindComparison(expr.name) != nullptr) return SaysComparison(expr, negated);
        if (expr.name == "_?_:_") {
          return book_.Say(
              {"({0} if {1}, otherwise {2})", "（若{1}，则{0}；否则{2}）"},
              {Says(*expr.args[1], negated, kWeakest), Says(*expr.args[0], false, kWeakest),
               Says(*expr.args[2], negated, kWeakest)});
        }
      }
      return SaysFact(expr, negated);
    case ExprKind::kHas:
      return SaysHas(expr, negated);
    case ExprKind::kMacro:
      return SaysMacro(expr, negated);
    case ExprKind::kLiteral:
      return book_.Say(IsTrueLiteral(expr) != negated ? Phrase{"always", "总是"}
                                                      : Phrase{"never", "从不"});
    default:
      return SaysFact(expr, negated);
  }
}

// Under a negation "and" becomes "or" and the parts are turned round.
std::string Describer::SaysJunction(const Expr& expr, bool negated, Binding outer) {
  const bool is_and = (expr.name == "_&&_") != negated;
  const Binding own = is_and ? kAnd : kOr;
  std::vector<const Expr*> parts;
  Flatten(expr, expr.name, &parts);
  std::string said;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) {
      if (outer == kWeakest && !book_.chinese()) said += ',';
      said += is_and ? book_.Say({" and ", "，且"}) : book_.Say({" or ", "，或"});
    }
    said += Says(*parts[i], negated, own);
  }
  if (outer == kWeakest || outer == own) return said;
  return book_.Say({"({0})", "（{0}）"}, {said});
}

std::string Describer::SaysComparison(const Expr& expr, bool negated) {
  if (std::string said; SaysCount(expr, negated, &said)) return said;
  const Expr* left = expr.args[0].get();
  const Expr* right = expr.args[1].get();
  const ComparisonWords* words = FindComparison(expr.name);
  if (negated) words = FindComparison(words->opposite);
  // What is known stands last: "500 < x" reads "x is above 500".
  if (IsLiteral(*left) && !IsLiteral(*right)) {
    std::swap(left, right);
    words = FindComparison(words->mirrored);
  }
  if (IsLiteral(*right) && std::holds_alternative<bool>(right->value) &&
      (words->function == "_==_" || words->function == "_!=_")) {
    return Says(*left, IsTrueLiteral(*right) != (words->function == "_==_"), kAnd);
  }
  const TypeKind kind = KindOf(*left);
  // Two values that are compared with each other: "is the same as".
  const bool times = kind == TypeKind::kTimestamp ||
                     (kind == TypeKind::kDouble && words->function == "_==_" && !IsLiteral(*right));
  const Phrase& phrase = times                         ? words->time
                         : kind == TypeKind::kDuration ? words->duration
                                                       : words->amount;
  return book_.Say(phrase, {NounBeside(*left, *right), NounBeside(*right, *left)});
}

// x.last(2).size() == 2: that there are so many.
bool Describer::SaysCount(const Expr& expr, bool negated, std::string* said) {
  const Expr& size = *expr.args[0];
  if (negated || (expr.name != "_==_" && expr.name != "_>=_") || size.name != "size" ||
      size.kind != ExprKind::kCall || size.target == nullptr || !IsCall(*size.target, "last") ||
      size.target->target == nullptr) {
    return false;
  }
  const CatalogItem* item = ItemOf(*size.target->target);
  if (item == nullptr || size.target->args.size() != 1) return false;
  *said = book_.Say({"there are at least {1} values of {0}", "{0}至少已有 {1} 次结果"},
                    {book_.Item(*item), Noun(*expr.args[1])});
  return true;
}

std::string Describer::SaysMembership(const Expr& expr, bool negated) {
  return book_.Say(
      negated ? Phrase{"{0} is not in {1}", "{0}不属于{1}"} : Phrase{"{0} is in {1}", "{0}属于{1}"},
      {Noun(*expr.args[0]), Noun(*expr.args[1])});
}

std::string Describer::SaysHas(const Expr& expr, bool negated) {
  const CatalogItem* item = Reference(expr);
  const std::string what = item == nullptr ? expr.name : book_.Item(*item);
  return book_.Say(
      negated ? Phrase{"{0} is not given", "未填写{0}"} : Phrase{"{0} is given", "已填写{0}"},
      {what});
}

std::string Describer::SaysMacro(const Expr& expr, bool negated) {
  if (expr.macro != MacroKind::kAll && expr.macro != MacroKind::kExists &&
      expr.macro != MacroKind::kExistsOne) {
    return SaysFact(expr, negated);
  }
  const bool rows = KindOf(*expr.target) == TypeKind::kForm;
  const Expr& body = *expr.args.back();
  const std::string of = Noun(*expr.target);
  const auto shadowed = std::exchange(variables_[expr.variable],
                                      rows ? std::string() : book_.Say({"the value", "该值"}));
  const std::string what = Says(body, false, kWeakest);
  variables_[expr.variable] = shadowed;
  if (expr.macro == MacroKind::kAll) {
    return book_.Say(negated ? Phrase{"not all of {0} are such that {1}", "{0}并非都满足：{1}"}
                             : Phrase{"for each of {0}, {1}", "{0}每一项都满足：{1}"},
                     {of, what});
  }
  if (IsTrueLiteral(body)) {
    return book_.Say(negated ? Phrase{"there is none of {0}", "没有{0}"}
                             : Phrase{"there is one of {0}", "有{0}"},
                     {of});
  }
  if (expr.macro == MacroKind::kExistsOne) {
    return book_.Say(
        negated ? Phrase{"not exactly one of {0} is such that {1}", "{0}中并非恰有一项满足：{1}"}
                : Phrase{"exactly one of {0} is such that {1}", "{0}中恰有一项满足：{1}"},
        {of, what});
  }
  return book_.Say(negated ? Phrase{"none of {0} is such that ({1})", "{0}中没有一项满足（{1}）"}
                           : Phrase{"one of {0} is such that ({1})", "{0}中有一项满足（{1}）"},
                   {of, what});
}

// Something that is true or false in itself.
std::string Describer::SaysFact(const Expr& expr, bool negated) {
  if (expr.kind == ExprKind::kSelect && KindOf(*expr.target) == TypeKind::kVisit &&
      expr.name == "done") {
    return book_.Say(negated ? Phrase{"{0} has not taken place", "{0}尚未完成"}
                             : Phrase{"{0} has taken place", "{0}已完成"},
                     {VisitName(*expr.target)});
  }
  if (expr.kind == ExprKind::kSelect && KindOf(*expr.target) == TypeKind::kSubject &&
      expr.name == "on_treatment") {
    return book_.Say(negated ? Phrase{"the subject is not on treatment", "受试者不在治疗期"}
                             : Phrase{"the subject is on treatment", "受试者在治疗期"});
  }
  return book_.Say(
      negated ? Phrase{"{0} is not true", "{0}为“否”"} : Phrase{"{0} is true", "{0}为“是”"},
      {Noun(expr)});
}

std::string Describer::VisitName(const Expr& expr) const {
  if (expr.kind == ExprKind::kSelect) {
    return book_.Say({"the visit {0}", "{0}访视"}, {book_.Visit(expr.name)});
  }
  return book_.Say({"the visit", "该访视"});
}

const CatalogItem* Describer::ItemOf(const Expr& expr) const {
  const Type& type = checked_.TypeOf(expr);
  const bool has_item =
      type.item >= 0 && static_cast<std::size_t>(type.item) < book_.catalog().items.size();
  return has_item ? &book_.catalog().items[static_cast<std::size_t>(type.item)] : nullptr;
}

const CatalogItem* Describer::Reference(const Expr& expr) const {
  const std::int32_t item =
      expr.id < checked_.references.size() ? checked_.references[expr.id] : -1;
  return item < 0 ? nullptr : &book_.catalog().items[static_cast<std::size_t>(item)];
}

// hours(48) stays 48 hours; sums are said in days, hours and minutes.
std::string Describer::Span(const Expr& duration) {
  const std::optional<std::int64_t> unit = SecondsInUnit(duration.name);
  if (duration.kind == ExprKind::kCall && unit && duration.args.size() == 1) {
    const std::optional<std::int64_t> count = LiteralInteger(*duration.args[0]);
    if (count && *count > 0 && *count < 1'000'000) return book_.Duration(*count, *unit);
  }
  const std::optional<std::int64_t> seconds = LiteralSeconds(duration);
  return seconds ? book_.Duration(*seconds) : Noun(duration);
}

}  // namespace vedette::rules
