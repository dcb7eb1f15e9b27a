// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/library.h"

#include <algorithm>
#include <unordered_map>

#include "rules/eval/operations.h"

namespace vedette::rules {
namespace {

using Index = std::unordered_map<std::string_view, LibraryFunction>;

const Index& Functions() {
  static const Index kIndex = [] {
    Index index;
    for (const auto topic : {ConversionFunctions(), CollectionFunctions(), TextFunctions(),
                             TimeFunctions(), MathFunctions(), OptionalFunctions()}) {
      for (const LibraryFunction& function : topic) {
        index.emplace(function.name, function);
      }
    }
    return index;
  }();
  return kIndex;
}

bool IsInterval(const Value& value) { return value.As<IntervalValue>() != nullptr; }

}  // namespace

std::optional<Value> CallLibrary(std::string_view name,
                                 CallStyle style,
                                 Arguments arguments,
                                 std::uint64_t& steps) {
  const auto found = Functions().find(name);
  if (found == Functions().end() ||
      (static_cast<int>(found->second.style) & static_cast<int>(style)) == 0) {
    return std::nullopt;
  }
  if (!found->second.takes_intervals && std::ranges::any_of(arguments, IsInterval)) {
    return Value::Unknown();
  }
  steps += found->second.cost;
  return found->second.call(arguments);
}

std::optional<std::int64_t> IntAt(Arguments arguments, std::size_t index) {
  const auto* number = index < arguments.size() ? arguments[index].As<std::int64_t>() : nullptr;
  return number == nullptr ? std::nullopt : std::optional(*number);
}

const std::string* TextAt(Arguments arguments, std::size_t index) {
  return index < arguments.size() ? arguments[index].AsText() : nullptr;
}

}  // namespace vedette::rules
