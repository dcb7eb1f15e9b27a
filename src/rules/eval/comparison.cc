// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <compare>

#include "rules/eval/operations.h"

namespace vedette::rules {
namespace {

// Shared parts make a value of few nodes as large as 2^n elements; comparing stops here.
constexpr std::uint64_t kComparisonLimit = 100'000;

template <class T>
std::optional<std::partial_ordering> OrderOf(const Value& a, const Value& b) {
  const auto* x = a.As<T>();
  const auto* y = b.As<T>();
  return x != nullptr && y != nullptr ? std::optional<std::partial_ordering>(*x <=> *y)
                                      : std::nullopt;
}

bool IsNumber(const Value& value) {
  return value.As<std::int64_t>() != nullptr || value.As<std::uint64_t>() != nullptr ||
         value.As<double>() != nullptr;
}

std::partial_ordering OrderNumbers(const Value& a, const Value& b) {
  const auto* int_a = a.As<std::int64_t>();
  const auto* int_b = b.As<std::int64_t>();
  const auto* uint_a = a.As<std::uint64_t>();
  const auto* uint_b = b.As<std::uint64_t>();
  if (int_a != nullptr && int_b != nullptr) {
    return *int_a <=> *int_b;
  }
  if (uint_a != nullptr && uint_b != nullptr) {
    return *uint_a <=> *uint_b;
  }
  if (int_a != nullptr && uint_b != nullptr) {
    return *int_a < 0 ? std::partial_ordering::less
                      : static_cast<std::uint64_t>(*int_a) <=> *uint_b;
  }
  if (uint_a != nullptr && int_b != nullptr) {
    return *int_b < 0 ? std::partial_ordering::greater
                      : *uint_a <=> static_cast<std::uint64_t>(*int_b);
  }
  return *NumberOf(a) <=> *NumberOf(b);
}

// nullopt: these have no order.
std::optional<std::partial_ordering> OrderValues(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) {
    return OrderNumbers(a, b);
  }
  if (a.AsText() != nullptr && b.AsText() != nullptr) {
    return *a.AsText() <=> *b.AsText();
  }
  if (BytesOf(a) != nullptr && BytesOf(b) != nullptr) {
    return *BytesOf(a) <=> *BytesOf(b);
  }
  if (auto order = OrderOf<bool>(a, b)) {
    return order;
  }
  if (auto order = OrderOf<TimestampValue>(a, b)) {
    return order;
  }
  return OrderOf<DurationValue>(a, b);
}

bool IsInterval(const Value& value) { return value.As<IntervalValue>() != nullptr; }

// Decides equality with a budget. Unknown only where no part already says no.
class Comparer {
 public:
  explicit Comparer(std::uint64_t& steps) : steps_(steps), limit_(steps + kComparisonLimit) {}

  Value Equal(const Value& a, const Value& b) {
    if (++steps_ > limit_) {
      return Value::Error("too large to compare");
    }
    if (a.IsUnknown() || b.IsUnknown()) {
      return Value::Unknown();
    }
    if (a.IsError() || b.IsError()) {
      return a.IsError() ? a : b;
    }
    if (IsInterval(a) || IsInterval(b)) {
      return EqualIntervals(a, b);
    }
    if (const auto order = OrderValues(a, b)) {
      return Value(*order == 0);
    }
    if (a.variant().index() != b.variant().index()) {
      return Value(false);
    }
    return EqualOfOneType(a, b);
  }

  Value AnyEqual(const Value& x, const ValueList& list) {
    Value open(false);
    for (const Value& element : list) {
      const Value equal = Equal(x, element);
      if (equal.IsTrue()) {
        return equal;
      }
      if (equal.IsUnknown() || (equal.IsError() && !open.IsUnknown())) {
        open = equal;
      }
    }
    return open;
  }

 private:
  static Value EqualIntervals(const Value& a, const Value& b) {
    const auto x = IntervalOf(a);
    const auto y = IntervalOf(b);
    if (!x || !y) {
      return Value(false);
    }
    if (x->high < y->low || y->high < x->low) {
      return Value(false);
    }
    const bool points = x->low == x->high && y->low == y->high;
    return points && x->low == y->low ? Value(true) : Value::Unknown();
  }

  Value EqualOfOneType(const Value& a, const Value& b) {
    if (const ValueList* list = ListOf(a)) {
      return EqualLists(*list, *ListOf(b));
    }
    if (const ValueMap* map = MapOf(a)) {
      return EqualMaps(*map, *MapOf(b));
    }
    if (const auto* type = a.As<std::shared_ptr<const TypeValue>>()) {
      return Value(**type == **b.As<std::shared_ptr<const TypeValue>>());
    }
    if (const auto* optional = a.As<OptionalValue>()) {
      const OptionalValue& other = *b.As<OptionalValue>();
      return optional->value == nullptr || other.value == nullptr
                 ? Value(optional->value == other.value)
                 : Equal(*optional->value, *other.value);
    }
    if (a.As<NullValue>() != nullptr) {
      return Value(true);
    }
    return NoOperation("_==_", std::array{a, b});
  }

  // Folds as && does: no part that differs is outweighed by one that is open.
  static bool Fold(const Value& equal, Value& all) {
    if (equal.As<bool>() != nullptr && !equal.IsTrue()) {
      all = equal;
      return false;
    }
    if (equal.IsUnknown() || (equal.IsError() && !all.IsUnknown())) {
      all = equal;
    }
    return true;
  }

  Value EqualLists(const ValueList& a, const ValueList& b) {
    Value all(a.size() == b.size());
    for (std::size_t i = 0; all.As<bool>() == nullptr || all.IsTrue(); ++i) {
      if (i == a.size() || !Fold(Equal(a[i], b[i]), all)) {
        break;
      }
    }
    return all;
  }

  Value EqualMaps(const ValueMap& a, const ValueMap& b) {
    if (a.entries.size() != b.entries.size()) {
      return Value(false);
    }
    Value all(true);
    for (const auto& [key, value] : a.entries) {
      steps_ += b.entries.size();
      const Value* other = FindKey(b, key);
      if (other == nullptr) {
        return Value(false);
      }
      if (!Fold(Equal(value, *other), all)) {
        break;
      }
    }
    return all;
  }

  std::uint64_t& steps_;
  std::uint64_t limit_;
};

Value CompareIntervals(Order order, const IntervalValue& a, const IntervalValue& b) {
  switch (order) {
    case Order::kGreater:
      return CompareIntervals(Order::kLess, b, a);
    case Order::kGreaterOrEqual:
      return CompareIntervals(Order::kLessOrEqual, b, a);
    case Order::kLess:
      return a.high < b.low ? Value(true) : a.low >= b.high ? Value(false) : Value::Unknown();
    case Order::kLessOrEqual:
      return a.high <= b.low ? Value(true) : a.low > b.high ? Value(false) : Value::Unknown();
  }
  return Value::Unknown();
}

bool Holds(Order order, std::partial_ordering found) {
  switch (order) {
    case Order::kLess:
      return found < 0;
    case Order::kLessOrEqual:
      return found <= 0;
    case Order::kGreater:
      return found > 0;
    case Order::kGreaterOrEqual:
      return found >= 0;
  }
  return false;
}

}  // namespace

Value Equals(const Value& a, const Value& b, std::uint64_t& steps) {
  return Comparer(steps).Equal(a, b);
}

Value Compare(Order order, const Value& a, const Value& b) {
  if (const auto found = OrderValues(a, b)) {
    return Value(Holds(order, *found));
  }
  const auto x = IntervalOf(a);
  const auto y = IntervalOf(b);
  if (x && y) {
    return CompareIntervals(order, *x, *y);
  }
  static constexpr std::array<std::string_view, 4> kNames = {"_<_", "_<=_", "_>_", "_>=_"};
  return NoOperation(kNames[static_cast<std::size_t>(order)], std::array{a, b});
}

Value IsIn(const Value& x, const Value& collection, std::uint64_t& steps) {
  if (const ValueList* list = ListOf(collection)) {
    return Comparer(steps).AnyEqual(x, *list);
  }
  if (const ValueMap* map = MapOf(collection)) {
    return Value(FindKey(*map, x) != nullptr);
  }
  if (const auto* object = collection.As<std::shared_ptr<const Object>>()) {
    if (const auto elements = (*object)->Elements()) {
      return Comparer(steps).AnyEqual(x, *elements);
    }
  }
  return NoOperation("_in_", std::array{x, collection});
}

const Value* FindKey(const ValueMap& map, const Value& key) {
  for (const auto& [candidate, value] : map.entries) {
    const auto order = OrderValues(candidate, key);
    if (order && *order == 0) {
      return &value;
    }
  }
  return nullptr;
}

}  // namespace vedette::rules
