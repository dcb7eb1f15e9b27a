// SPDX-License-Identifier: Apache-2.0
// Lists, maps and the macros that run over them.
#include <array>

#include "rules/eval/operations.h"
#include "rules/eval/walker.h"

namespace vedette::rules {

Value Walker::List(const Expr& expr, const Frame* frame) {
  ValueList list;
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    Value element = Eval(*expr.args[i], frame);
    if (element.IsError()) {
      return element;
    }
    if (!expr.optional_args[i] || element.IsUnknown()) {
      list.push_back(std::move(element));
      continue;
    }
    const auto* optional = element.As<OptionalValue>();
    if (optional == nullptr) {
      return NoOperation("[?_]", std::span(&element, 1));
    }
    if (optional->value != nullptr) {
      list.push_back(*optional->value);
    }
  }
  return Value::List(std::move(list));
}

Value Walker::Map(const Expr& expr, const Frame* frame) {
  ValueMap map;
  for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    const std::array<Value, 2> entry = {Eval(*expr.args[i], frame), Eval(*expr.args[i + 1], frame)};
    const auto& [key, value] = entry;
    if (auto absent = Absent(value.IsError() ? std::span(entry) : std::span(entry).first(1))) {
      return *std::move(absent);
    }
    const bool whole = key.As<std::int64_t>() != nullptr || key.As<std::uint64_t>() != nullptr;
    if (!whole && key.As<bool>() == nullptr && key.AsText() == nullptr) {
      return NoOperation("{_: _}", std::span(&key, 1));
    }
    steps_ += map.entries.size() / 16;
    if (FindKey(map, key) != nullptr) {
      return Value::Error("a map has the same key twice");
    }
    if (!expr.optional_args[i / 2] || value.IsUnknown()) {
      map.entries.emplace_back(key, value);
      continue;
    }
    const auto* optional = value.As<OptionalValue>();
    if (optional == nullptr) {
      return NoOperation("{?_: _}", std::span(&value, 1));
    }
    if (optional->value != nullptr) {
      map.entries.emplace_back(key, *optional->value);
    }
  }
  return MakeMap(std::move(map));
}

Value Walker::Macro(const Expr& expr, const Frame* frame) {
  const Value target = Eval(*expr.target, frame);
  if (target.IsUnknown() || target.IsError()) {
    return target;
  }
  if (expr.macro == MacroKind::kOptMap || expr.macro == MacroKind::kOptFlatMap) {
    return OptionalMacro(expr, target, frame);
  }
  const auto range = RangeOf(target);
  if (!range) {
    return NoOperation("macro", std::span(&target, 1));
  }
  switch (expr.macro) {
    case MacroKind::kAll:
    case MacroKind::kExists:
      return Quantify(expr, *range, frame);
    case MacroKind::kExistsOne:
      return ExistsOne(expr, *range, frame);
    default:
      return FilterOrMap(expr, *range, frame);
  }
}

Value Walker::Body(const Expr& expr,
                   const Range& range,
                   std::size_t index,
                   std::size_t argument,
                   const Frame* frame) {
  const Value& element = range.elements[index];
  if (expr.variable2.empty()) {
    const Frame inner{expr.variable, &element, frame};
    return Eval(*expr.args[argument], &inner);
  }
  const bool map = !range.values.empty();
  const Value position(static_cast<std::int64_t>(index));
  const Frame first{expr.variable, map ? &element : &position, frame};
  const Frame second{expr.variable2, map ? &range.values[index] : &element, &first};
  return Eval(*expr.args[argument], &second);
}

Value Walker::Quantify(const Expr& expr, const Range& range, const Frame* frame) {
  Logic logic(expr.macro == MacroKind::kExists);
  for (std::size_t i = 0; i < range.elements.size(); ++i) {
    if (logic.Settles(Body(expr, range, i, 0, frame))) {
      break;
    }
  }
  return logic.result();
}

Value Walker::ExistsOne(const Expr& expr, const Range& range, const Frame* frame) {
  std::int64_t found = 0;
  std::vector<Value> open;
  for (std::size_t i = 0; i < range.elements.size(); ++i) {
    Value value = Body(expr, range, i, 0, frame);
    if (value.As<bool>() == nullptr) {
      open.push_back(value.IsUnknown() || value.IsError()
                         ? std::move(value)
                         : NoOperation("exists_one", std::span(&value, 1)));
    } else {
      found += value.IsTrue() ? 1 : 0;
    }
  }
  const auto absent = Absent(open);
  const bool decided = !absent || (absent->IsUnknown() && found > 1);
  return decided ? Value(found == 1) : *absent;
}

Value Walker::FilterOrMap(const Expr& expr, const Range& range, const Frame* frame) {
  const bool map = expr.macro == MacroKind::kMap;
  const bool filter = !map || expr.args.size() == 2;
  ValueList out;
  for (std::size_t i = 0; i < range.elements.size(); ++i) {
    if (filter) {
      const Value keep = Body(expr, range, i, 0, frame);
      if (keep.As<bool>() == nullptr) {
        return keep.IsUnknown() || keep.IsError() ? keep
                                                  : NoOperation("filter", std::span(&keep, 1));
      }
      if (!keep.IsTrue()) {
        continue;
      }
    }
    Value element = map ? Body(expr, range, i, expr.args.size() - 1, frame) : range.elements[i];
    if (element.IsError()) {
      return element;
    }
    out.push_back(std::move(element));
  }
  return Value::List(std::move(out));
}

Value Walker::OptionalMacro(const Expr& expr, const Value& target, const Frame* frame) {
  const auto* optional = target.As<OptionalValue>();
  if (optional == nullptr) {
    return NoOperation("optMap", std::span(&target, 1));
  }
  if (optional->value == nullptr) {
    return target;
  }
  const Frame inner{expr.variable, optional->value.get(), frame};
  Value value = Eval(*expr.args[0], &inner);
  if (value.IsUnknown() || value.IsError()) {
    return value;
  }
  if (expr.macro == MacroKind::kOptMap) {
    return MakeOptional(std::move(value));
  }
  return value.As<OptionalValue>() != nullptr ? value
                                              : NoOperation("optFlatMap", std::span(&value, 1));
}

}  // namespace vedette::rules
