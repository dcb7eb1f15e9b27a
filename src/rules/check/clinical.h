// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rules/catalog.h"
#include "rules/check/checker.h"
#include "rules/check/members.h"
#include "rules/check/report.h"
#include "rules/check/units.h"

namespace vedette::rules {

// What the clinical half of the checker works with.
struct ClinicalContext {
  const Catalog& catalog;
  const CheckerOptions& options;
  Report& report;
};

// What a node is, and the catalog item it stands for.
struct Named {
  Type type;
  std::int32_t reference = -1;
};

// --- names (clinical_names.cc)

// The values of a field or an attribute.
Type ValueType(const CatalogItem& item, std::string_view unit);
// The series called `name`, in the unit of the rule; nullopt when there is none of that name.
std::optional<Named> FindSeries(const ClinicalContext& context,
                                const Expr& expr,
                                std::string_view name);
// now, row, visit, form, subject, or the first part of series' names. Anything else is a mistake.
Named FindRoot(const ClinicalContext& context, const Expr& identifier);
// Whether FindRoot knows the name.
bool IsRootName(const ClinicalContext& context, std::string_view name);
// A name that begins with something unknown: labs.ALT.
Type UnknownRoot(const ClinicalContext& context, const Expr& expr, std::string_view name);
// lab.X, form.X, visit.X where `group` is a namespace.
Named SelectFromNamespace(const ClinicalContext& context, const Expr& select, const Type& group);

// --- fields and attributes (clinical_records.cc)

// The field `expr` names of a row or form `target`; subject.`expr`.
Named FieldOf(const ClinicalContext& context, const Expr& expr, const Type& target);
Named AttributeOf(const ClinicalContext& context, const Expr& expr);

// --- members (clinical_members.cc)

// Whether members of it are the clinical library's.
bool IsClinical(TypeKind kind);
// target.name without parentheses.
Named SelectMember(const ClinicalContext& context, const Expr& select, const Type& target);
// has(target.name).
Named HasMember(const ClinicalContext& context, const Expr& has, const Type& target);
// target.name(…); `arguments` are the types of the arguments.
Type CallMember(const ClinicalContext& context,
                const Expr& call,
                const Type& target,
                std::span<const Type> arguments);

// --- functions (clinical_functions.cc)

// days(14), codelist("X"), quantity(1.0, "mg/dL"), kri("X"), scores. nullopt: not one of these.
std::optional<Type> CallFunction(const ClinicalContext& context,
                                 const Expr& call,
                                 std::span<const Operand> arguments);

// --- operators (clinical_operators.cc, operator_mistakes.cc)

// Operators where units, code lists or clear words matter. nullopt: the standard overloads decide.
std::optional<Type> ApplyOperator(const ClinicalContext& context,
                                  const Expr& call,
                                  std::span<const Operand> operands);
// Why no overload of the operator takes these operands.
Type OperatorMismatch(const ClinicalContext& context,
                      const Expr& call,
                      std::span<const Operand> operands);

}  // namespace vedette::rules
