// SPDX-License-Identifier: Apache-2.0
#include "rules/compiled_rule.h"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/suggest.h"
#include "model/number_text.h"

namespace vedette::rules {
namespace {

constexpr std::array<std::string_view, 4> kPlaces{"value", "unit", "item", "subject"};

Verdict From(bool truth) { return truth ? Verdict::kTrue : Verdict::kFalse; }

// The comparison seen from the other side: x < t is -x > -t.
Comparison Mirrored(Comparison comparison) {
  switch (comparison) {
    case Comparison::kGreaterThan:
      return Comparison::kLessThan;
    case Comparison::kGreaterOrEqual:
      return Comparison::kLessOrEqual;
    case Comparison::kLessThan:
      return Comparison::kGreaterThan;
    case Comparison::kLessOrEqual:
      return Comparison::kGreaterOrEqual;
    default:
      return comparison;
  }
}

// All that is known is value < bound.
Verdict CompareBelow(double bound, Comparison comparison, double threshold) {
  if (threshold < bound) return Verdict::kUnknown;
  switch (comparison) {  // value < bound <= threshold
    case Comparison::kGreaterThan:
    case Comparison::kGreaterOrEqual:
    case Comparison::kEqual:
      return Verdict::kFalse;
    case Comparison::kLessThan:
    case Comparison::kLessOrEqual:
    case Comparison::kNotEqual:
      return Verdict::kTrue;
  }
  return Verdict::kUnknown;
}

// Calls `text` for literal parts and `place` for the names in braces. False at a brace that does
// not close or a name that `place` does not know; `wrong` is then that name.
template <class Text, class Place>
bool ReadTemplate(std::string_view source, Text text, Place place, std::string_view* wrong) {
  while (!source.empty()) {
    const std::size_t open = source.find('{');
    text(source.substr(0, open));
    if (open == std::string_view::npos) return true;
    source.remove_prefix(open + 1);
    const std::size_t close = source.find('}');
    *wrong = source.substr(0, close);
    if (close == std::string_view::npos || !place(*wrong)) return false;
    source.remove_prefix(close + 1);
  }
  return true;
}

bool IsPlace(std::string_view name) {
  for (const std::string_view place : kPlaces) {
    if (place == name) return true;
  }
  return false;
}

class ThresholdRule final : public CompiledRule {
 public:
  explicit ThresholdRule(RuleSpec spec) : spec_(std::move(spec)), items_{spec_.item} {
    expression_ = spec_.item;
    expression_.append(" ").append(ComparisonText(spec_.comparison)).append(" ");
    expression_.append(NumberText(spec_.threshold));
    if (!spec_.unit.empty()) expression_.append(" ").append(spec_.unit);
  }

  Verdict Evaluate(const Event& event) const override {
    const auto* number = std::get_if<NumberValue>(&event.value);
    if (number == nullptr) return Verdict::kUnknown;
    return Compare(*number, spec_.comparison, spec_.threshold);
  }

  Explanation Explain(const Event& event) const override {
    const auto& number = std::get<NumberValue>(event.value);
    return {.expression = expression_,
            .value = number.number,
            .value_comparator = number.comparator,
            .unit = spec_.unit,
            .threshold = spec_.threshold,
            .comparison = spec_.comparison};
  }

  std::string Message(const Event& event) const override {
    std::string message;
    std::string_view wrong;
    ReadTemplate(
        spec_.message, [&](std::string_view text) { message.append(text); },
        [&](std::string_view name) {
          if (name == "value") {
            const auto& number = std::get<NumberValue>(event.value);
            message.append(ComparatorText(number.comparator)).append(NumberText(number.number));
          } else if (name == "unit") {
            message.append(spec_.unit);
          } else if (name == "item") {
            message.append(event.item);
          } else if (name == "subject") {
            message.append(event.subject_number);
          }
          return true;
        },
        &wrong);
    return message;
  }

  const std::vector<std::string>& items() const override { return items_; }
  const RuleSpec& spec() const override { return spec_; }

 private:
  RuleSpec spec_;
  std::vector<std::string> items_;
  std::string expression_;
};

}  // namespace

Verdict Compare(NumberValue value, Comparison comparison, double threshold) {
  switch (value.comparator) {
    case Comparator::kLess:
      return CompareBelow(value.number, comparison, threshold);
    case Comparator::kGreater:
      return CompareBelow(-value.number, Mirrored(comparison), -threshold);
    case Comparator::kNone:
      break;
  }
  switch (comparison) {
    case Comparison::kGreaterThan:
      return From(value.number > threshold);
    case Comparison::kGreaterOrEqual:
      return From(value.number >= threshold);
    case Comparison::kLessThan:
      return From(value.number < threshold);
    case Comparison::kLessOrEqual:
      return From(value.number <= threshold);
    case Comparison::kEqual:
      return From(value.number == threshold);
    case Comparison::kNotEqual:
      return From(value.number != threshold);
  }
  return Verdict::kUnknown;
}

Result<std::shared_ptr<const CompiledRule>> Compile(RuleSpec spec,
                                                    const StudyDictionary& dictionary) {
  Error error{Code::kInvalidArgument, "The rule does not fit the study's dictionary."};
  const auto complain = [&](const char* field, std::string description) {
    error.violations.push_back({field, std::move(description)});
  };
  if (!std::isfinite(spec.threshold)) {
    complain("condition.threshold", "is not a finite number");
  }
  const ItemDefinition* item = dictionary.Find(spec.item);
  if (item == nullptr) {
    complain("condition.item", dictionary.UnknownItem(spec.item));
  } else if (item->type != ItemType::kNumber) {
    complain("condition.item", item->code + " is a text; only numbers can be compared");
  } else if (const auto conversion = FindConversion(*item, spec.unit); !conversion) {
    complain("condition.unit",
             spec.unit.empty()
                 ? "is missing; " + item->code + " takes: " + AcceptedUnits(*item)
                 : "is not a unit of " + item->code + "; it takes: " + AcceptedUnits(*item));
  } else {
    spec.threshold = spec.threshold * conversion->factor + conversion->offset;
    if (conversion->factor < 0) spec.comparison = Mirrored(spec.comparison);
    spec.unit = item->unit;
    if (!std::isfinite(spec.threshold)) {
      complain("condition.threshold", "is too large in the item's unit");
    }
  }
  std::string_view wrong;
  if (!ReadTemplate(
          spec.message, [](std::string_view) {},
          [](std::string_view name) { return IsPlace(name); }, &wrong)) {
    std::string text =
        "{" + std::string(wrong) + "} is not known; use {value} {unit} {item} {subject}";
    if (const std::string_view near = Suggest(wrong, kPlaces); !near.empty()) {
      text.append("; did you mean {").append(near).append("}?");
    }
    complain("message", std::move(text));
  }
  if (!error.violations.empty()) return Fail(std::move(error));
  return CompileCanonical(std::move(spec));
}

std::shared_ptr<const CompiledRule> CompileCanonical(RuleSpec spec) {
  return std::make_shared<ThresholdRule>(std::move(spec));
}

}  // namespace vedette::rules
