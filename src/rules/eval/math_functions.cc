// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"

namespace vedette::rules {
namespace {

// The numbers of math.greatest(a, b, …) or math.greatest([a, b, …]).
Arguments NumbersOf(Arguments arguments) {
  const ValueList* list = arguments.size() == 1 ? ListOf(arguments[0]) : nullptr;
  return list == nullptr ? arguments : Arguments(*list);
}

// Of exact numbers the first that none exceeds; with intervals among them an interval.
Value Extreme(std::string_view name, Arguments arguments, Order order) {
  const Arguments numbers = NumbersOf(arguments);
  if (numbers.empty()) {
    return NoOperation(name, arguments);
  }
  const bool greatest = order == Order::kGreater;
  bool exact = true;
  bool open = false;
  Value best;
  IntervalValue hull;
  for (const Value& number : numbers) {
    const auto interval = IntervalOf(number);
    if (number.IsUnknown()) {
      open = true;
      continue;
    }
    if (!interval) {
      return NoOperation(name, std::span(&number, 1));
    }
    const bool first = &number == &numbers.front();
    exact = exact && number.As<IntervalValue>() == nullptr;
    if (first || (exact && Compare(order, number, best).IsTrue())) {
      best = number;
    }
    hull.low = first      ? interval->low
               : greatest ? std::max(hull.low, interval->low)
                          : std::min(hull.low, interval->low);
    hull.high = first      ? interval->high
                : greatest ? std::max(hull.high, interval->high)
                           : std::min(hull.high, interval->high);
  }
  return open ? Value::Unknown() : exact ? best : Value(hull);
}

Value Greatest(Arguments arguments) { return Extreme("math.greatest", arguments, Order::kGreater); }
Value Least(Arguments arguments) { return Extreme("math.least", arguments, Order::kLess); }

// A function of doubles that never falls: of an interval it is that of its ends.
template <double (*function)(double)>
Value Monotone(Arguments arguments) {
  if (arguments.size() == 1) {
    if (const auto* number = arguments[0].As<double>()) {
      return Value(function(*number));
    }
    if (const auto* interval = arguments[0].As<IntervalValue>()) {
      return Value(IntervalValue{function(interval->low), function(interval->high)});
    }
  }
  return NoOperation("math function", arguments);
}

double Ceiling(double x) { return std::ceil(x); }
double Floor(double x) { return std::floor(x); }
double Round(double x) { return std::round(x); }
double Truncate(double x) { return std::trunc(x); }

Value SquareRoot(Arguments arguments) {
  if (arguments.size() == 1) {
    if (const auto* interval = arguments[0].As<IntervalValue>()) {
      return interval->low < 0
                 ? Value::Unknown()
                 : Value(IntervalValue{std::sqrt(interval->low), std::sqrt(interval->high)});
    }
    if (const auto number = NumberOf(arguments[0])) {
      return Value(std::sqrt(*number));
    }
  }
  return NoOperation("math.sqrt", arguments);
}

Value Absolute(Arguments arguments) {
  if (arguments.size() == 1) {
    const Value& x = arguments[0];
    if (const auto* number = x.As<double>()) {
      return Value(std::abs(*number));
    }
    if (const auto* number = x.As<std::int64_t>()) {
      return *number < 0 ? Negate(x) : x;
    }
    if (x.As<std::uint64_t>() != nullptr) {
      return x;
    }
    if (const auto* interval = x.As<IntervalValue>()) {
      if (interval->low >= 0) {
        return x;
      }
      return interval->high <= 0
                 ? Negate(x)
                 : Value(IntervalValue{0, std::max(-interval->low, interval->high)});
    }
  }
  return NoOperation("math.abs", arguments);
}

Value Sign(Arguments arguments) {
  if (arguments.size() == 1) {
    if (const auto* number = arguments[0].As<double>()) {
      return Value(*number > 0 ? 1.0 : *number < 0 ? -1.0 : *number);
    }
    if (const auto* number = arguments[0].As<std::int64_t>()) {
      return Value(static_cast<std::int64_t>((*number > 0) - (*number < 0)));
    }
    if (const auto* number = arguments[0].As<std::uint64_t>()) {
      return Value(static_cast<std::uint64_t>(*number > 0));
    }
  }
  return NoOperation("math.sign", arguments);
}

template <bool (*predicate)(double)>
Value Classify(Arguments arguments) {
  const auto* number = arguments.size() == 1 ? arguments[0].As<double>() : nullptr;
  return number == nullptr ? NoOperation("math function", arguments) : Value(predicate(*number));
}

bool IsNan(double x) { return std::isnan(x); }
bool IsInfinite(double x) { return std::isinf(x); }
bool IsFinite(double x) { return std::isfinite(x); }

// Of two ints or two uints.
template <class Function>
Value OnBits(std::string_view name, Arguments arguments, Function function) {
  if (arguments.size() == 2) {
    const auto* a = arguments[0].As<std::int64_t>();
    const auto* b = arguments[1].As<std::int64_t>();
    if (a != nullptr && b != nullptr) {
      return Value(static_cast<std::int64_t>(
          function(static_cast<std::uint64_t>(*a), static_cast<std::uint64_t>(*b))));
    }
    const auto* x = arguments[0].As<std::uint64_t>();
    const auto* y = arguments[1].As<std::uint64_t>();
    if (x != nullptr && y != nullptr) {
      return Value(static_cast<std::uint64_t>(function(*x, *y)));
    }
  }
  return NoOperation(name, arguments);
}

Value BitAnd(Arguments arguments) {
  return OnBits("math.bitAnd", arguments, std::bit_and<std::uint64_t>{});
}
Value BitOr(Arguments arguments) {
  return OnBits("math.bitOr", arguments, std::bit_or<std::uint64_t>{});
}
Value BitXor(Arguments arguments) {
  return OnBits("math.bitXor", arguments, std::bit_xor<std::uint64_t>{});
}

Value BitNot(Arguments arguments) {
  if (arguments.size() == 1) {
    if (const auto* number = arguments[0].As<std::int64_t>()) {
      return Value(~*number);
    }
    if (const auto* number = arguments[0].As<std::uint64_t>()) {
      return Value(~*number);
    }
  }
  return NoOperation("math.bitNot", arguments);
}

// Shifts in zeros, also into a negative int; 64 places and more leave 0.
template <class Function>
Value Shift(std::string_view name, Arguments arguments, Function function) {
  const auto places = IntAt(arguments, 1);
  if (arguments.size() != 2 || !places) {
    return NoOperation(name, arguments);
  }
  if (*places < 0) {
    return Value::Error("a shift by less than 0 places");
  }
  const auto shifted = [&](std::uint64_t bits) {
    return *places > 63 ? std::uint64_t{0} : function(bits, static_cast<unsigned>(*places));
  };
  if (const auto* number = arguments[0].As<std::int64_t>()) {
    return Value(static_cast<std::int64_t>(shifted(static_cast<std::uint64_t>(*number))));
  }
  const auto* number = arguments[0].As<std::uint64_t>();
  return number == nullptr ? NoOperation(name, arguments) : Value(shifted(*number));
}

Value ShiftLeft(Arguments arguments) {
  return Shift("math.bitShiftLeft", arguments,
               [](std::uint64_t bits, unsigned places) { return bits << places; });
}
Value ShiftRight(Arguments arguments) {
  return Shift("math.bitShiftRight", arguments,
               [](std::uint64_t bits, unsigned places) { return bits >> places; });
}

}  // namespace

std::span<const LibraryFunction> MathFunctions() {
  static constexpr auto kFunctions = std::to_array<LibraryFunction>({
      {"math.greatest", CallStyle::kGlobal, Greatest, true},
      {"math.least", CallStyle::kGlobal, Least, true},
      {"math.ceil", CallStyle::kGlobal, Monotone<Ceiling>, true},
      {"math.floor", CallStyle::kGlobal, Monotone<Floor>, true},
      {"math.round", CallStyle::kGlobal, Monotone<Round>, true},
      {"math.trunc", CallStyle::kGlobal, Monotone<Truncate>, true},
      {"math.sqrt", CallStyle::kGlobal, SquareRoot, true},
      {"math.abs", CallStyle::kGlobal, Absolute, true},
      {"math.sign", CallStyle::kGlobal, Sign},
      {"math.isNaN", CallStyle::kGlobal, Classify<IsNan>},
      {"math.isInf", CallStyle::kGlobal, Classify<IsInfinite>},
      {"math.isFinite", CallStyle::kGlobal, Classify<IsFinite>},
      {"math.bitAnd", CallStyle::kGlobal, BitAnd},
      {"math.bitOr", CallStyle::kGlobal, BitOr},
      {"math.bitXor", CallStyle::kGlobal, BitXor},
      {"math.bitNot", CallStyle::kGlobal, BitNot},
      {"math.bitShiftLeft", CallStyle::kGlobal, ShiftLeft},
      {"math.bitShiftRight", CallStyle::kGlobal, ShiftRight},
  });
  return kFunctions;
}

}  // namespace vedette::rules
