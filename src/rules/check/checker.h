// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/catalog.h"
#include "rules/check/type.h"
#include "rules/syntax/ast.h"

namespace vedette::rules {

// What one evaluation looks at.
enum class EvaluationScope : std::uint8_t {
  kSubject,  // each observation of the items in `on`
  kRow,      // each row of one form
  kVisit,    // each planned visit of each subject
  kSite,     // each site, daily
  kStudy,    // the study, daily
};

// What the compiler can tell of a rule without running it.
struct RuleFacts {
  std::vector<std::uint32_t> items;    // read, ascending indexes into Catalog::items
  std::vector<std::uint32_t> anchors;  // series whose observations it judges by default
  std::vector<std::string> forms;      // read whole
  bool reads_now = false;              // is judged at times too, not only on data
  bool reads_baseline = false;
  std::int64_t look_back_seconds = 0;  // the longest window of any item
  // By item: how far back it looks, and how many observations: retention of the live engine.
  struct Retention {
    std::int64_t seconds = 0;
    std::uint32_t observations = 1;
    // Baselines, forms, attributes; and every series of a rule that reads a form or an attribute,
    // as what is entered late there changes the verdict of any anchor.
    bool everything = false;
  };
  std::map<std::uint32_t, Retention> retention;
  std::uint64_t cost = 0;   // steps at worst, of one evaluation
  bool unblinding = false;  // reads an item that tells the treatment
};

// A condition whose names are resolved and whose types fit.
struct CheckedExpression {
  std::shared_ptr<const Ast> ast;
  std::vector<Type> types;  // by Expr::id
  // By Expr::id: the catalog item that a series, field or attribute node stands for, has() of one
  // too; else -1.
  std::vector<std::int32_t> references;
  RuleFacts facts;
  Diagnostics warnings;

  const Type& TypeOf(const Expr& expr) const { return types[expr.id]; }
};

struct CheckerOptions {
  // Plain CEL: these variables, no clinical library. Else the catalog's names.
  const Catalog* catalog = nullptr;
  std::map<std::string, Type, std::less<>> variables;
  std::string container;
  EvaluationScope scope = EvaluationScope::kSubject;
  std::string each_form;  // of kRow
  // The unit a rule is written in, by item name: "lab.CREAT" → "umol/L" (the envelope's `units`).
  std::map<std::string, std::string, std::less<>> units;
  std::uint64_t cost_limit = 100'000;
  std::optional<Type> expected;  // of the whole expression, kBool for a condition
};

// Every mistake of the expression, in order of place; warnings are in the answer. Pure;
// thread-safe.
std::expected<CheckedExpression, Diagnostics> Check(std::shared_ptr<const Ast> ast,
                                                    const CheckerOptions& options);

}  // namespace vedette::rules
