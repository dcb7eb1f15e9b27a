// SPDX-License-Identifier: Apache-2.0
#include "rules/check/unifier.h"

#include <algorithm>

namespace vedette::rules {
namespace {

constexpr std::size_t kMaxParts = 128;
constexpr std::size_t kMaxSteps = 4096;

bool IsWildcard(const Type& type) {
  return type.kind == TypeKind::kDyn || type.kind == TypeKind::kError;
}

// Stops counting beyond `limit`.
std::size_t CountParts(const Type& type, std::size_t limit) {
  std::size_t parts = 1;
  for (const Type& parameter : type.parameters) {
    if (parts > limit) break;
    parts += CountParts(parameter, limit - parts);
  }
  return parts;
}

bool TakesNull(TypeKind kind) {
  return kind == TypeKind::kNull || kind == TypeKind::kTimestamp || kind == TypeKind::kDuration ||
         kind == TypeKind::kOptional;
}

}  // namespace

Type Bounded(Type type) {
  return CountParts(type, kMaxParts) > kMaxParts ? Type::Of(TypeKind::kDyn) : type;
}

Type TypeUnifier::NewParameter() {
  Type parameter{.kind = TypeKind::kParameter, .item = static_cast<std::int32_t>(bindings_.size())};
  bindings_.push_back(Type::Of(TypeKind::kError));
  return parameter;
}

std::vector<Type> TypeUnifier::Instantiate(std::span<const Type> signature) {
  std::vector<Type> fresh(signature.begin(), signature.end());
  const auto base = static_cast<std::int32_t>(bindings_.size());
  std::int32_t used = 0;
  auto renumber = [&](auto&& self, Type& type) -> void {
    if (type.kind == TypeKind::kParameter) {
      used = std::max(used, type.item + 1);
      type.item += base;
    }
    for (Type& parameter : type.parameters) self(self, parameter);
  };
  for (Type& type : fresh) renumber(renumber, type);
  bindings_.resize(bindings_.size() + static_cast<std::size_t>(used), Type::Of(TypeKind::kError));
  return fresh;
}

bool TypeUnifier::Assignable(const Type& given, const Type& wanted) {
  return AllAssignable({&given, 1}, {&wanted, 1});
}

bool TypeUnifier::AllAssignable(std::span<const Type> given, std::span<const Type> wanted) {
  const std::size_t before = undo_.size();
  steps_left_ = kMaxSteps;
  if (MatchAll(given, wanted)) return true;
  RollBack(before);
  return false;
}

bool TypeUnifier::MatchAll(std::span<const Type> given, std::span<const Type> wanted) {
  if (given.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!Match(given[i], wanted[i])) return false;
  }
  return true;
}

bool TypeUnifier::Match(const Type& given_type, const Type& wanted_type) {
  if (steps_left_ == 0) return false;
  --steps_left_;
  // Parameters are copied: binding changes what they refer to. The rest belongs to the caller.
  Type given_parameter;
  Type wanted_parameter;
  const Type& given = Open(given_type, &given_parameter);
  const Type& wanted = Open(wanted_type, &wanted_parameter);
  if (wanted.kind == TypeKind::kParameter) {
    if (given.kind == TypeKind::kParameter && given.item == wanted.item) return true;
    return Bind(wanted.item, given);
  }
  if (given.kind == TypeKind::kParameter) return Bind(given.item, wanted);
  if (IsWildcard(given) || IsWildcard(wanted)) return true;
  if (given.kind == TypeKind::kNull) return TakesNull(wanted.kind);
  if (wanted.kind == TypeKind::kNull) return TakesNull(given.kind);
  if (given.kind != wanted.kind) return false;
  return MatchParameters(given, wanted);
}

bool TypeUnifier::MatchParameters(const Type& given, const Type& wanted) {
  switch (given.kind) {
    case TypeKind::kType:
      return true;  // types compare with each other whatever they are of
    case TypeKind::kList:
    case TypeKind::kMap:
    case TypeKind::kOptional:
      return MatchAll(given.parameters, wanted.parameters);
    case TypeKind::kSeries:
    case TypeKind::kWindow:
    case TypeKind::kObservation:
      return given.item == wanted.item;
    case TypeKind::kRow:
    case TypeKind::kForm:
    case TypeKind::kCodelist:
      return given.name == wanted.name;
    default:
      return true;
  }
}

bool TypeUnifier::Bind(std::int32_t parameter, const Type& type) {
  const Type current = bindings_[static_cast<std::size_t>(parameter)];
  std::size_t budget = kMaxSteps;
  if (current.kind == TypeKind::kError) {
    if (Occurs(parameter, type, &budget)) return false;
    Set(parameter, type);
    return true;
  }
  if (current == type) return true;
  if (!Match(type, current)) return false;
  if (IsMoreGeneral(type, current) && !Occurs(parameter, type, &budget)) Set(parameter, type);
  return true;
}

bool TypeUnifier::Occurs(std::int32_t parameter, const Type& type, std::size_t* budget) const {
  if (*budget == 0) return true;
  --*budget;
  if (type.kind == TypeKind::kParameter) {
    if (type.item == parameter) return true;
    const Type* bound = BoundTo(type);
    return bound != nullptr && Occurs(parameter, *bound, budget);
  }
  return std::ranges::any_of(type.parameters,
                             [&](const Type& part) { return Occurs(parameter, part, budget); });
}

bool TypeUnifier::IsMoreGeneral(const Type& a, const Type& b) const {
  if (IsWildcard(a) || a.kind == TypeKind::kParameter) return true;
  if (IsWildcard(b) || b.kind == TypeKind::kParameter) return false;
  if (a.kind == TypeKind::kNull) return false;
  if (b.kind == TypeKind::kNull) return true;
  if (a.parameters.size() != b.parameters.size()) return false;
  for (std::size_t i = 0; i < a.parameters.size(); ++i) {
    if (!IsMoreGeneral(a.parameters[i], b.parameters[i])) return false;
  }
  return true;
}

const Type* TypeUnifier::BoundTo(const Type& parameter) const {
  const Type& bound = bindings_[static_cast<std::size_t>(parameter.item)];
  return bound.kind == TypeKind::kError ? nullptr : &bound;
}

const Type& TypeUnifier::Open(const Type& type, Type* storage) const {
  if (type.kind != TypeKind::kParameter) return type;
  const Type* current = &type;
  while (current->kind == TypeKind::kParameter) {
    const Type* bound = BoundTo(*current);
    if (bound == nullptr || bound->kind != TypeKind::kParameter) break;
    current = bound;
  }
  *storage = *current;
  return *storage;
}

void TypeUnifier::Set(std::int32_t parameter, Type type) {
  Type& binding = bindings_[static_cast<std::size_t>(parameter)];
  undo_.emplace_back(parameter, std::move(binding));
  binding = Bounded(std::move(type));
}

void TypeUnifier::RollBack(std::size_t length) {
  while (undo_.size() > length) {
    bindings_[static_cast<std::size_t>(undo_.back().first)] = std::move(undo_.back().second);
    undo_.pop_back();
  }
}

Type TypeUnifier::Join(const Type& a, const Type& b) {
  if (!Assignable(b, a)) {
    return Type::Of(TypeKind::kDyn);
  }
  const Type left = Resolve(a);
  const Type right = Resolve(b);
  return IsMoreGeneral(left, right) ? left : right;
}

Type TypeUnifier::Resolve(const Type& type) const {
  std::size_t budget = kMaxParts;
  return Substitute(type, false, &budget);
}

Type TypeUnifier::ResolveFully(const Type& type) const {
  std::size_t budget = kMaxParts;
  return Substitute(type, true, &budget);
}

Type TypeUnifier::Substitute(const Type& type, bool fully, std::size_t* budget) const {
  if (*budget == 0) return Type::Of(TypeKind::kDyn);
  --*budget;
  if (type.kind == TypeKind::kParameter) {
    const Type* bound = BoundTo(type);
    if (bound == nullptr) return fully ? Type::Of(TypeKind::kDyn) : type;
    return Substitute(*bound, fully, budget);
  }
  if (type.parameters.empty()) return type;
  Type result{.kind = type.kind, .unit = type.unit, .name = type.name, .item = type.item};
  result.parameters.reserve(type.parameters.size());
  for (const Type& parameter : type.parameters) {
    result.parameters.push_back(Substitute(parameter, fully, budget));
  }
  return result;
}

}  // namespace vedette::rules
