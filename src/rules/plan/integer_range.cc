// SPDX-License-Identifier: Apache-2.0
#include "rules/plan/integer_range.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace vedette::rules {
namespace {

using Wide = __int128;

struct Range {
  Wide low;
  Wide high;
};

constexpr Wide kLowest = std::numeric_limits<std::int64_t>::min();
constexpr Wide kHighest = std::numeric_limits<std::int64_t>::max();
constexpr Range kAny{kLowest + 1, kHighest};

Wide Magnitude(Range range) { return std::max(-range.low, range.high); }

// Counts, grades and entries missed.
Range RangeOfFeature(const Feature& feature) {
  if (feature.kind == FeatureKind::kExpression) return kAny;
  return {0, std::numeric_limits<std::uint32_t>::max()};
}

Range RangeOf(const PlanNode& node);

Range RangeOfProduct(Range a, Range b) {
  const auto [low, high] =
      std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  return {low, high};
}

Range RangeOfOperation(const PlanNode& node) {
  if (node.op == Opcode::kNumberToInteger) return kAny;
  if (node.op == Opcode::kSelectInteger) {
    const Range a = RangeOf(node.operands[1]);
    const Range b = RangeOf(node.operands[2]);
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
  }
  const Range a = RangeOf(node.operands[0]);
  if (node.op == Opcode::kNegateInteger) return {-a.high, -a.low};
  const Range b = RangeOf(node.operands[1]);
  switch (node.op) {
    case Opcode::kAddInteger:
      return {a.low + b.low, a.high + b.high};
    case Opcode::kSubtractInteger:
      return {a.low - b.high, a.high - b.low};
    case Opcode::kMultiplyInteger:
      return RangeOfProduct(a, b);
    case Opcode::kDivideInteger:
      return {-Magnitude(a), Magnitude(a)};
    case Opcode::kRemainderInteger:
      return {-Magnitude(b), Magnitude(b)};
    default:
      return kAny;
  }
}

Range RangeOf(const PlanNode& node) {
  Range range = kAny;
  switch (node.form) {
    case PlanNode::Form::kConstant:
      if (node.constant.integer != kMissing) {
        range = {node.constant.integer, node.constant.integer};
      }
      break;
    case PlanNode::Form::kFeature:
      range = RangeOfFeature(node.feature);
      break;
    case PlanNode::Form::kOperation:
      range = RangeOfOperation(node);
      break;
  }
  return {std::max(range.low, kLowest), std::min(range.high, kHighest)};
}

}  // namespace

bool MayReachMissing(const PlanNode& node) {
  return node.kind == SlotKind::kInteger && RangeOf(node).low == kLowest;
}

}  // namespace vedette::rules
