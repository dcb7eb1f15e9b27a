// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "rules/eval/operations.h"

namespace vedette::rules {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

Value Overflow() { return Value::Error("whole numbers overflow"); }

Value DividedByZero(ZeroDivision zero_division) {
  return zero_division == ZeroDivision::kUnknown ? Value::Unknown()
                                                 : Value::Error("division by zero");
}

template <class T>
Value WholeNumbers(char op, T a, T b, ZeroDivision zero_division) {
  T result = 0;
  switch (op) {
    case '+':
      return __builtin_add_overflow(a, b, &result) ? Overflow() : Value(result);
    case '-':
      return __builtin_sub_overflow(a, b, &result) ? Overflow() : Value(result);
    case '*':
      return __builtin_mul_overflow(a, b, &result) ? Overflow() : Value(result);
    default:
      break;
  }
  if (b == 0) {
    return DividedByZero(zero_division);
  }
  if constexpr (std::numeric_limits<T>::is_signed) {
    if (a == std::numeric_limits<T>::min() && b == -1) {
      return op == '/' ? Overflow() : Value(T{0});
    }
  }
  return Value(op == '/' ? static_cast<T>(a / b) : static_cast<T>(a % b));
}

std::optional<double> Doubles(char op, double a, double b) {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return std::nullopt;
  }
}

// 0 · ∞ is 0: the bound is never reached, only approached.
double BoundProduct(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

Value Hull(double a, double b, double c, double d) {
  if (std::isnan(a) || std::isnan(b) || std::isnan(c) || std::isnan(d)) {
    return Value::Unknown();
  }
  const auto [low, high] = std::minmax({a, b, c, d});
  return Value(IntervalValue{low, high});
}

Value Intervals(char op, const IntervalValue& a, const IntervalValue& b) {
  switch (op) {
    case '+':
      return Hull(a.low + b.low, a.low + b.low, a.high + b.high, a.high + b.high);
    case '-':
      return Hull(a.low - b.high, a.low - b.high, a.high - b.low, a.high - b.low);
    case '*':
      return Hull(BoundProduct(a.low, b.low), BoundProduct(a.low, b.high),
                  BoundProduct(a.high, b.low), BoundProduct(a.high, b.high));
    default:
      break;
  }
  if (b.low <= 0 && b.high >= 0) {
    return Value::Unknown();
  }
  return Hull(a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high);
}

// Seconds and nanoseconds, carried so that 0 ≤ nanos < 1e9.
struct Instant {
  std::int64_t seconds;
  std::int64_t nanos;
};

Instant Sum(std::int64_t seconds, std::int64_t nanos) {
  const std::int64_t carry = nanos / kNanosPerSecond - (nanos % kNanosPerSecond < 0 ? 1 : 0);
  return {seconds + carry, nanos - carry * kNanosPerSecond};
}

Value TimestampOf(Instant instant) {
  return MakeTimestamp(instant.seconds, static_cast<std::int32_t>(instant.nanos));
}

Value DurationOf(Instant instant) {
  if (instant.seconds < 0 && instant.nanos > 0) {
    instant.seconds += 1;
    instant.nanos -= kNanosPerSecond;
  }
  return MakeDuration(instant.seconds, static_cast<std::int32_t>(instant.nanos));
}

std::optional<Value> Times(char op, const Value& a, const Value& b) {
  const auto* time_a = a.As<TimestampValue>();
  const auto* time_b = b.As<TimestampValue>();
  const auto* length_a = a.As<DurationValue>();
  const auto* length_b = b.As<DurationValue>();
  const int sign = op == '+' ? 1 : -1;
  if (op != '+' && op != '-') {
    return std::nullopt;
  }
  if (time_a != nullptr && length_b != nullptr) {
    return TimestampOf(
        Sum(time_a->seconds + sign * length_b->seconds, time_a->nanos + sign * length_b->nanos));
  }
  if (op == '+' && length_a != nullptr && time_b != nullptr) {
    return Times(op, b, a);
  }
  if (op == '-' && time_a != nullptr && time_b != nullptr) {
    // The language's own cases refuse the distance of year 1 and year 9999: 64 bits of nanoseconds.
    constexpr std::int64_t kFarthest = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond;
    const std::int64_t seconds = time_a->seconds - time_b->seconds;
    return seconds < -kFarthest || seconds > kFarthest
               ? MakeDuration(std::numeric_limits<std::int64_t>::max(), 0)
               : DurationOf(Sum(seconds, time_a->nanos - time_b->nanos));
  }
  if (length_a != nullptr && length_b != nullptr) {
    return DurationOf(Sum(length_a->seconds + sign * length_b->seconds,
                          length_a->nanos + sign * length_b->nanos));
  }
  return std::nullopt;
}

std::optional<Value> Concatenate(const Value& a, const Value& b) {
  if (a.AsText() != nullptr && b.AsText() != nullptr) {
    return Value::Text(*a.AsText() + *b.AsText());
  }
  if (BytesOf(a) != nullptr && BytesOf(b) != nullptr) {
    return MakeBytes(*BytesOf(a) + *BytesOf(b));
  }
  if (ListOf(a) != nullptr && ListOf(b) != nullptr) {
    ValueList list = *ListOf(a);
    list.insert(list.end(), ListOf(b)->begin(), ListOf(b)->end());
    return Value::List(std::move(list));
  }
  return std::nullopt;
}

}  // namespace

Value Arithmetic(char op, const Value& a, const Value& b, ZeroDivision zero_division) {
  const auto* int_a = a.As<std::int64_t>();
  const auto* int_b = b.As<std::int64_t>();
  if (int_a != nullptr && int_b != nullptr) {
    return WholeNumbers(op, *int_a, *int_b, zero_division);
  }
  const auto* uint_a = a.As<std::uint64_t>();
  const auto* uint_b = b.As<std::uint64_t>();
  if (uint_a != nullptr && uint_b != nullptr) {
    return WholeNumbers(op, *uint_a, *uint_b, zero_division);
  }
  const auto number_a = NumberOf(a);
  const auto number_b = NumberOf(b);
  if (number_a && number_b) {
    if (op == '/' && *number_b == 0 && zero_division == ZeroDivision::kUnknown) {
      return Value::Unknown();
    }
    if (const auto result = Doubles(op, *number_a, *number_b)) {
      // Infinity less infinity is no number: to a rule, one that is missing.
      if (std::isnan(*result) && zero_division == ZeroDivision::kUnknown) {
        return Value::Unknown();
      }
      return Value(*result);
    }
  }
  const bool interval = a.As<IntervalValue>() != nullptr || b.As<IntervalValue>() != nullptr;
  if (interval && op != '%' && IntervalOf(a) && IntervalOf(b)) {
    return Intervals(op, *IntervalOf(a), *IntervalOf(b));
  }
  if (auto time = Times(op, a, b)) {
    return *std::move(time);
  }
  if (op == '+') {
    if (auto joined = Concatenate(a, b)) {
      return *std::move(joined);
    }
  }
  return NoOperation(std::string{'_', op, '_'}, std::array{a, b});
}

Value Negate(const Value& a) {
  if (const auto* number = a.As<std::int64_t>()) {
    return *number == std::numeric_limits<std::int64_t>::min() ? Overflow() : Value(-*number);
  }
  if (const auto* number = a.As<double>()) {
    return Value(-*number);
  }
  if (const auto* interval = a.As<IntervalValue>()) {
    return Value(IntervalValue{-interval->high, -interval->low});
  }
  return NoOperation("-_", std::span(&a, 1));
}

}  // namespace vedette::rules
