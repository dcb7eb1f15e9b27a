// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "rules/check/type.h"

namespace vedette::rules {

// Infers what type parameters stand for, as CEL's checker does: a parameter takes the first type it
// meets, and a more general one later. Parameters are numbered by Type::item. Every call is
// bounded: types that would take more than some thousand steps count as not assignable, or as dyn.
class TypeUnifier {
 public:
  // A parameter that stands for nothing yet.
  Type NewParameter();
  // `signature` with its parameters 0, 1, … replaced by new ones, equal numbers by equal ones.
  std::vector<Type> Instantiate(std::span<const Type> signature);

  // Whether a value of type `given` may stand where `wanted` is asked for. Binds parameters of both
  // when true; changes nothing when false.
  bool Assignable(const Type& given, const Type& wanted);
  bool AllAssignable(std::span<const Type> given, std::span<const Type> wanted);

  // The type that holds values of both: one of them where it is assignable, else dyn.
  Type Join(const Type& a, const Type& b);

  // `type` with what its parameters stand for; those that stand for nothing stay.
  Type Resolve(const Type& type) const;
  // The same, where what stands for nothing becomes dyn.
  Type ResolveFully(const Type& type) const;

 private:
  bool Match(const Type& given, const Type& wanted);
  bool MatchAll(std::span<const Type> given, std::span<const Type> wanted);
  bool MatchParameters(const Type& given, const Type& wanted);
  bool Bind(std::int32_t parameter, const Type& type);
  bool Occurs(std::int32_t parameter, const Type& type, std::size_t* budget) const;
  bool IsMoreGeneral(const Type& a, const Type& b) const;
  const Type* BoundTo(const Type& parameter) const;
  // `type` itself; of a parameter the one it stands for last, kept in `storage`.
  const Type& Open(const Type& type, Type* storage) const;
  void Set(std::int32_t parameter, Type type);
  void RollBack(std::size_t length);
  Type Substitute(const Type& type, bool fully, std::size_t* budget) const;

  std::vector<Type> bindings_;  // by parameter; kError: none
  std::vector<std::pair<std::int32_t, Type>> undo_;
  std::size_t steps_left_ = 0;  // of the match under way
};

// A type of more than 128 parts becomes dyn, so that no expression makes types that grow without
// end.
Type Bounded(Type type);

}  // namespace vedette::rules
