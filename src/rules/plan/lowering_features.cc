// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "rules/check/units.h"
#include "rules/plan/lowering.h"

namespace vedette::rules {
namespace {

// A member of the clinical library that is a feature by itself.
struct MemberFeature {
  std::string_view name;
  FeatureKind kind;
  SlotKind slot;
  bool in_unit = false;  // a number in the unit the rule is written in; else the same in every unit
};

constexpr MemberFeature kSeriesMembers[] = {
    {"value", FeatureKind::kValue, SlotKind::kNumber, true},
    {"time", FeatureKind::kTime, SlotKind::kTime},
    {"uln", FeatureKind::kUpperLimit, SlotKind::kNumber, true},
    {"lln", FeatureKind::kLowerLimit, SlotKind::kNumber, true},
    {"xuln", FeatureKind::kRatioUpper, SlotKind::kNumber},
    {"baseline", FeatureKind::kBaseline, SlotKind::kNumber, true},
    {"grade_low", FeatureKind::kGradeLow, SlotKind::kInteger},
    {"grade_high", FeatureKind::kGradeHigh, SlotKind::kInteger},
    {"base_grade_low", FeatureKind::kBaselineGradeLow, SlotKind::kInteger},
    {"base_grade_high", FeatureKind::kBaselineGradeHigh, SlotKind::kInteger},
};

constexpr MemberFeature kWindowMembers[] = {
    {"count", FeatureKind::kCount, SlotKind::kInteger},
    {"min", FeatureKind::kMinimum, SlotKind::kNumber, true},
    {"max", FeatureKind::kMaximum, SlotKind::kNumber, true},
    {"mean", FeatureKind::kMean, SlotKind::kNumber, true},
    {"sd", FeatureKind::kStandardDeviation, SlotKind::kNumber, true},
    {"slope_per_day", FeatureKind::kSlopePerDay, SlotKind::kNumber, true},
    {"max_xuln", FeatureKind::kMaximumRatioUpper, SlotKind::kNumber},
    {"min_xuln", FeatureKind::kMinimumRatioUpper, SlotKind::kNumber},
};

constexpr MemberFeature kVisitMembers[] = {
    {"due", FeatureKind::kVisitDue, SlotKind::kTime},
    {"window_start", FeatureKind::kVisitWindowStart, SlotKind::kTime},
    {"window_end", FeatureKind::kVisitWindowEnd, SlotKind::kTime},
    {"done", FeatureKind::kVisitDone, SlotKind::kTruth},
    {"time", FeatureKind::kVisitTime, SlotKind::kTime},
};

const MemberFeature* Find(std::span<const MemberFeature> members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &MemberFeature::name);
  return found == members.end() ? nullptr : &*found;
}

PlanNode NumberOperation(Opcode op, PlanNode a, PlanNode b) {
  return OperationNode(op, SlotKind::kNumber, {std::move(a), std::move(b)});
}

PlanNode MemberNode(const MemberFeature& member, Feature feature) {
  feature.kind = member.kind;
  feature.slot = member.slot;
  if (!member.in_unit) {
    feature.factor = 1;
    feature.offset = 0;
  }
  return FeatureNode(feature);
}

// value / lower limit, unknown unless the limit is above 0. In the item's own unit, as every ratio.
PlanNode RatioToLowerLimit(std::uint32_t item) {
  const Feature limit{.kind = FeatureKind::kLowerLimit, .slot = SlotKind::kNumber, .item = item};
  const Feature value{.kind = FeatureKind::kValue, .slot = SlotKind::kNumber, .item = item};
  return OperationNode(
      Opcode::kSelectNumber, SlotKind::kNumber,
      {LessNode(NumberNode(0), FeatureNode(limit)),
       NumberOperation(Opcode::kDivideNumber, FeatureNode(value), FeatureNode(limit)),
       NumberNode(std::numeric_limits<double>::quiet_NaN())});
}

}  // namespace

Lowering::Lowered Lowering::LowerFeature(const Expr& expr) {
  if (expr.kind == ExprKind::kIdent && expr.name == "now" &&
      checked_.TypeOf(expr).kind == TypeKind::kTimestamp) {
    return FeatureNode({.kind = FeatureKind::kNow, .slot = SlotKind::kTime});
  }
  if (expr.kind == ExprKind::kCall && expr.target != nullptr) {
    switch (checked_.TypeOf(*expr.target).kind) {
      case TypeKind::kSeries:
        return LowerSeriesCall(expr);
      case TypeKind::kWindow:
        return LowerWindowCall(expr);
      default:
        return std::nullopt;
    }
  }
  const bool has = expr.kind == ExprKind::kHas;
  if ((expr.kind != ExprKind::kSelect && !has) || expr.optional) return std::nullopt;
  switch (checked_.TypeOf(*expr.target).kind) {
    case TypeKind::kSeries:
      return has ? std::nullopt : LowerSeriesMember(*expr.target, expr.name, expr);
    case TypeKind::kObservation:
      return has ? std::nullopt : LowerObservationMember(expr);
    case TypeKind::kVisit:
      return has ? std::nullopt : LowerVisitMember(expr);
    case TypeKind::kKri:
      return has ? std::nullopt : LowerKriMember(expr);
    case TypeKind::kRow:
      return LowerField(expr, has ? FeatureKind::kRowHas : FeatureKind::kRowField);
    case TypeKind::kForm:
      return has ? std::nullopt : LowerField(expr, FeatureKind::kFormField);
    case TypeKind::kSubject:
      return has ? std::nullopt : LowerField(expr, FeatureKind::kAttribute);
    default:
      return std::nullopt;
  }
}

std::optional<Feature> Lowering::SeriesFeature(const Expr& series,
                                               FeatureKind kind,
                                               SlotKind slot) const {
  const Type& type = checked_.TypeOf(series);
  if (type.item < 0 || static_cast<std::size_t>(type.item) >= catalog_.items.size()) {
    return std::nullopt;
  }
  const CatalogItem& item = catalog_.items[static_cast<std::size_t>(type.item)];
  Feature feature{.kind = kind, .slot = slot, .item = static_cast<std::uint32_t>(type.item)};
  if (type.unit != item.unit && !type.unit.empty()) {
    const auto conversion = ConvertItemUnit(item, item.unit, type.unit);
    if (!conversion) return std::nullopt;
    feature.factor = conversion->factor;
    feature.offset = conversion->offset;
  }
  return feature;
}

Lowering::Lowered Lowering::LowerSeriesMember(const Expr& series,
                                              std::string_view member,
                                              const Expr& expr) {
  const auto value = SeriesFeature(series, FeatureKind::kValue, SlotKind::kNumber);
  const auto slot = SlotKindOf(checked_.TypeOf(expr));
  if (!value || !slot) return std::nullopt;
  const auto feature = [&value](FeatureKind kind) {
    Feature other = *value;
    other.kind = kind;
    return FeatureNode(other);
  };
  const auto change = [&] {
    return NumberOperation(Opcode::kSubtractNumber, FeatureNode(*value),
                           feature(FeatureKind::kBaseline));
  };
  if (member == "change") return change();
  if (member == "pct_change") {
    return NumberOperation(Opcode::kDivideNumber,
                           NumberOperation(Opcode::kMultiplyNumber, NumberNode(100), change()),
                           feature(FeatureKind::kBaseline));
  }
  if (member == "xlln") return RatioToLowerLimit(value->item);
  const MemberFeature* const known = Find(kSeriesMembers, member);
  if (known == nullptr || slot != known->slot) return std::nullopt;
  return MemberNode(*known, *value);
}

// s.prev.value, s.prev(2).value
Lowering::Lowered Lowering::LowerObservationMember(const Expr& expr) {
  const Expr& observation = *expr.target;
  if (expr.name != "value" || observation.name != "prev" || observation.target == nullptr ||
      observation.optional || SlotKindOf(checked_.TypeOf(expr)) != SlotKind::kNumber ||
      checked_.TypeOf(*observation.target).kind != TypeKind::kSeries) {
    return std::nullopt;
  }
  auto feature = SeriesFeature(*observation.target, FeatureKind::kPrevious, SlotKind::kNumber);
  if (!feature) return std::nullopt;
  feature->count = 1;
  if (observation.kind == ExprKind::kCall) {
    if (observation.args.size() != 1) return std::nullopt;
    const auto back = ConstantOf(*observation.args[0], SlotKind::kInteger);
    if (!back || *back < 1 || *back > std::numeric_limits<std::int32_t>::max()) {
      return std::nullopt;
    }
    feature->count = static_cast<std::uint32_t>(*back);
  } else if (observation.kind != ExprKind::kSelect) {
    return std::nullopt;
  }
  return FeatureNode(*feature);
}

// s.asof(w), s.missed_in_a_row()
Lowering::Lowered Lowering::LowerSeriesCall(const Expr& expr) {
  if (expr.name == "missed_in_a_row" && expr.args.empty()) {
    const auto feature =
        SeriesFeature(*expr.target, FeatureKind::kMissedInARow, SlotKind::kInteger);
    if (!feature) return std::nullopt;
    return FeatureNode({.kind = feature->kind, .slot = SlotKind::kInteger, .item = feature->item});
  }
  if (expr.name != "asof" || expr.args.size() != 1 ||
      SlotKindOf(checked_.TypeOf(expr)) != SlotKind::kNumber) {
    return std::nullopt;
  }
  auto feature = SeriesFeature(*expr.target, FeatureKind::kAsOf, SlotKind::kNumber);
  const auto window = ConstantOf(*expr.args[0], SlotKind::kDuration);
  if (!feature || !window || *window < 0) return std::nullopt;
  feature->window = *window;
  return FeatureNode(*feature);
}

// s.window(w).count()
Lowering::Lowered Lowering::LowerWindowCall(const Expr& expr) {
  const Expr& window = *expr.target;
  const MemberFeature* const member = Find(kWindowMembers, expr.name);
  if (member == nullptr || !expr.args.empty() || window.kind != ExprKind::kCall ||
      window.name != "window" || window.target == nullptr || window.args.size() != 1 ||
      SlotKindOf(checked_.TypeOf(expr)) != member->slot) {
    return std::nullopt;
  }
  auto feature = SeriesFeature(*window.target, member->kind, member->slot);
  const auto length = ConstantOf(*window.args[0], SlotKind::kDuration);
  if (!feature || !length || *length < 0) return std::nullopt;
  feature->window = *length;
  return MemberNode(*member, *feature);
}

// visit.W4.done; visit.done of the visit a rule is judged at
Lowering::Lowered Lowering::LowerVisitMember(const Expr& expr) {
  const MemberFeature* const member = Find(kVisitMembers, expr.name);
  if (member == nullptr || SlotKindOf(checked_.TypeOf(expr)) != member->slot) return std::nullopt;
  Feature feature{.kind = member->kind, .slot = member->slot, .count = kAnchorVisit};
  const std::string& visit = checked_.TypeOf(*expr.target).name;
  if (!visit.empty()) {
    const auto found = std::ranges::find(catalog_.visits, visit, &CatalogVisit::code);
    if (found == catalog_.visits.end()) return std::nullopt;
    feature.count = static_cast<std::uint32_t>(found - catalog_.visits.begin());
  }
  return FeatureNode(feature);
}

// kri("AE_RATE").z
Lowering::Lowered Lowering::LowerKriMember(const Expr& expr) {
  const std::string& id = checked_.TypeOf(*expr.target).name;
  const auto found = std::ranges::find(catalog_.kris, id, &CatalogKri::id);
  if (found == catalog_.kris.end()) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(found - catalog_.kris.begin());
  const auto feature = [index](FeatureKind kind) {
    return FeatureNode({.kind = kind, .slot = SlotKind::kNumber, .count = index});
  };
  if (expr.name == "z") return feature(FeatureKind::kKriScore);
  if (expr.name == "numerator") return feature(FeatureKind::kKriNumerator);
  if (expr.name == "denominator") return feature(FeatureKind::kKriDenominator);
  return std::nullopt;
}

// A field of the anchor's row, of a form's latest row, or an attribute.
Lowering::Lowered Lowering::LowerField(const Expr& expr, FeatureKind kind) {
  const std::int32_t item = checked_.references[expr.id];
  const auto slot = SlotKindOf(checked_.TypeOf(expr));
  if (item < 0 || !slot) return std::nullopt;
  return FeatureNode({.kind = kind, .slot = *slot, .item = static_cast<std::uint32_t>(item)});
}

}  // namespace vedette::rules
