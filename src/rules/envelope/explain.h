// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/clinical/subject_record.h"
#include "rules/rule.h"

namespace vedette::rules {

enum class Language : std::uint8_t { kEnglish, kChinese };

// One sub-expression and what it was when the rule was judged. Holds clinical values.
struct EvidenceStep {
  std::string expression;  // "lab.ALT.window(days(14)).max_xuln() >= 3.0"
  std::string value;       // "true", "3.4", "unknown"
  std::string unit;
  std::uint32_t depth = 0;
};

// An observation that the verdict read.
struct EvidenceObservation {
  std::uint32_t item = 0;
  std::uint64_t key = 0;
  Seconds time = 0;
  double value = 0;
  std::uint8_t flags = 0;
};

// Why a rule fired at an anchor: enough for a person to check the verdict by hand, and for Replay
// to do so.
struct Evidence {
  std::string rule_hash;
  Truth verdict = Truth::kUnknown;
  Seconds as_of = 0;
  Seconds now = 0;
  std::vector<EvidenceStep> steps;  // leaves and comparisons, in order of reading
  std::vector<EvidenceObservation> observations;
  std::string
      text_en;  // the rule's `explain` filled in; a sentence made from the steps without one
  std::string text_zh;
};

// Judges once more, by the tree walker, and notes everything.
Evidence Explain(const Rule& rule, const SubjectView& subject, const Anchor& anchor);

// The condition in plain words: what a reviewer signs. "systolic blood pressure is above 180 mmHg,
// or …"; 收缩压高于 180 mmHg，或……
std::string Describe(const Rule& rule, const Catalog& catalog, Language language);

}  // namespace vedette::rules
