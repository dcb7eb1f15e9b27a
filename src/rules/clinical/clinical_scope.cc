// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/clinical_scope.h"

#include <cmath>
#include <limits>

#include "rules/clinical/clinical_objects.h"
#include "rules/clinical/series_math.h"
#include "rules/scores/score_functions.h"

namespace vedette::rules {
namespace {

std::optional<Seconds> SecondsIn(std::string_view unit) {
  if (unit == "seconds") return 1;
  if (unit == "minutes") return 60;
  if (unit == "hours") return 3600;
  if (unit == "days") return kDay;
  if (unit == "weeks") return 7 * kDay;
  return std::nullopt;
}

Value DurationOf(Seconds unit, std::span<const Value> arguments) {
  const auto* count = arguments.size() == 1 ? arguments[0].As<std::int64_t>() : nullptr;
  constexpr std::int64_t kLimit = 315'576'000'000;  // seconds of a CEL duration
  if (count == nullptr || *count > kLimit / unit || *count < -kLimit / unit) {
    return Value::Error("a length of time takes one whole number in range");
  }
  return Value(DurationValue{*count * unit, 0});
}

// A number that is known exactly; NaN for unknown and for mere bounds.
std::optional<double> Exact(const Value& value) {
  if (const auto* number = value.As<double>()) return *number;
  if (const auto* number = value.As<std::int64_t>()) return static_cast<double>(*number);
  if (const auto* number = value.As<std::uint64_t>()) return static_cast<double>(*number);
  if (value.IsUnknown() || value.As<IntervalValue>() != nullptr) return kUnknownNumber;
  return std::nullopt;
}

Value CallScore(const ScoreFunction& function, std::span<const Value> arguments) {
  if (arguments.size() != function.arity || function.arity > 8) {
    return Value::Error(std::string(function.name) + " takes other arguments");
  }
  double numbers[8] = {};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto number = Exact(arguments[i]);
    if (!number) {
      return Value::Error(std::string(function.name) + " takes numbers");
    }
    numbers[i] = *number;
  }
  const double result = function.evaluate(numbers);
  return std::isnan(result) ? Value::Unknown() : Value(result);
}

const std::string* OnlyText(std::span<const Value> arguments) {
  return arguments.size() == 1 ? arguments[0].AsText() : nullptr;
}

}  // namespace

std::optional<Value> ClinicalScope::Find(std::string_view name) const {
  const Catalog& catalog = subject_.catalog();
  if (name == "now") {
    return Value(TimestampValue{anchor_.now, 0});
  }
  if (name == "row" && anchor_.row != nullptr) {
    const auto& fields = anchor_.row->fields;
    return MakeRow(*this, *anchor_.row,
                   fields.empty() ? std::string_view()
                                  : std::string_view(catalog.items[fields.front().first].form));
  }
  if (name == "visit" && anchor_.visit != nullptr) {
    return MakeVisit(*this, *anchor_.visit);
  }
  if (name == "subject") {
    return MakeSubject(*this);
  }
  if (name.starts_with("visit.")) {
    const CatalogVisit* visit = catalog.FindVisit(name.substr(6));
    return visit == nullptr ? std::nullopt : std::optional(MakeVisit(*this, *visit));
  }
  if (name.starts_with("form.")) {
    const CatalogForm* form = catalog.FindForm(name.substr(5));
    return form == nullptr ? std::nullopt : std::optional(MakeForm(*this, form->name));
  }
  if (const CatalogItem* item = catalog.FindSeries(name); item != nullptr) {
    return MakeSeries(*this, catalog.IndexOf(*item));
  }
  return std::nullopt;
}

std::optional<Value> ClinicalScope::Call(std::string_view function,
                                         std::span<const Value> arguments) const {
  const Catalog& catalog = subject_.catalog();
  if (const auto unit = SecondsIn(function)) {
    return DurationOf(*unit, arguments);
  }
  if (function == "codelist" || function == "smq") {
    const std::string* name = OnlyText(arguments);
    const auto list = name == nullptr ? catalog.codelists.end() : catalog.codelists.find(*name);
    if (list == catalog.codelists.end()) {
      return Value::Error("no such code list");
    }
    ValueList terms;
    for (const std::string& term : list->second) {
      terms.push_back(Value::Text(term));
    }
    return Value::List(std::move(terms));
  }
  if (function == "quantity") {
    return arguments.size() == 2 ? arguments[0]
                                 : Value::Error("quantity takes a number and a unit");
  }
  if (function == "kri") {
    const std::string* id = OnlyText(arguments);
    const CatalogKri* kri = id == nullptr ? nullptr : catalog.FindKri(*id);
    return kri == nullptr ? Value::Error("no such KRI")
                          : MakeKri(*this, static_cast<std::uint32_t>(kri - catalog.kris.data()));
  }
  if (const ScoreFunction* score = FindScoreFunction(function); score != nullptr) {
    return CallScore(*score, arguments);
  }
  return std::nullopt;
}

Truth ToTruth(const Value& value) {
  const bool* truth = value.As<bool>();
  return truth == nullptr ? Truth::kUnknown : *truth ? Truth::kTrue : Truth::kFalse;
}

Slot ReadExpression(const Feature& feature,
                    const SubjectView& subject,
                    const Anchor& anchor,
                    const FeatureContext& context,
                    bool* inexact) {
  const ClinicalScope scope(subject, anchor, context);
  const Value value = Evaluate(*feature.expr, scope);
  if (value.As<IntervalValue>() != nullptr) {
    *inexact = true;
  }
  switch (feature.slot) {
    case SlotKind::kTruth:
      return {.integer = static_cast<std::int64_t>(ToTruth(value))};
    case SlotKind::kNumber:
      return {.number = Exact(value).value_or(kUnknownNumber)};
    case SlotKind::kInteger: {
      const auto* integer = value.As<std::int64_t>();
      return {.integer = integer == nullptr ? kMissing : *integer};
    }
    case SlotKind::kTime: {
      const auto* time = value.As<TimestampValue>();
      return {.integer = time == nullptr ? kMissing : time->seconds};
    }
    case SlotKind::kDuration: {
      const auto* duration = value.As<DurationValue>();
      return {.integer = duration == nullptr ? kMissing : duration->seconds};
    }
  }
  return {.integer = kMissing};
}

}  // namespace vedette::rules
