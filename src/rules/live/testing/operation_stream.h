// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rules/catalog.h"
#include "rules/clinical/change.h"
#include "rules/rule.h"

namespace vedette::rules::testing {

struct OperationStreamOptions {
  std::uint32_t subjects = 50;
  std::uint32_t observations = 500;  // of each subject, over 400 days
  std::uint64_t seed = 1;
  // The plain stream: forty series and first doses, three in a hundred late, corrected or
  // withdrawn. Without it also forms, visits, attributes that change, bounds and batches.
  bool plain = false;
};

// What arrives about many subjects, in the order of arrival.
struct OperationStream {
  struct Batch {
    std::uint32_t subject = 0;
    Seconds received = 0;
    std::uint32_t begin = 0;  // into changes
    std::uint32_t end = 0;
  };
  std::vector<std::string> subjects;  // their ids
  std::vector<Change> changes;
  std::vector<Batch> batches;

  std::span<const Change> Changes(const Batch& batch) const {
    return {changes.data() + batch.begin, changes.data() + batch.end};
  }
};

// The study the operations are of: forty series, a form, visits, attributes.
std::shared_ptr<const Catalog> OperationCatalog();

// The same options, the same stream, on every machine.
OperationStream GenerateOperations(const OperationStreamOptions& options);

// Twelve temporal rules over the series.
std::vector<RuleDefinition> TemporalRules();
// Forms, settling, holding times, hysteresis, every way of deduplication, absences, text.
std::vector<RuleDefinition> FurtherRules();

// Compiled, at work for ever. Two versions of some, the second from `change_of_version` on, when
// that is given.
std::vector<TimedRule> CompileAll(std::span<const RuleDefinition> definitions,
                                  Seconds change_of_version = 0);

// When the first subject's stream begins; it lasts about a year and a half.
inline constexpr Seconds kStreamStart = 1'700'000'000;

}  // namespace vedette::rules::testing
