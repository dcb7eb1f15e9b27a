// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/clinical/feature_reader.h"
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
  std::uint64_t row = 0;  // of a field of a form
  std::string text;       // of texts; `value` is then of no use outside of the engine
  double range_low = std::numeric_limits<double>::quiet_NaN();
  double range_high = std::numeric_limits<double>::quiet_NaN();
};

// Why a rule fired at an anchor: enough for a person to check the verdict by hand, and for Replay
// to do so.
struct Evidence {
  std::string rule_hash;
  Truth verdict = Truth::kUnknown;
  Seconds as_of = 0;
  Seconds now = 0;
  // The anchor: of a series observation its item and key, of a row its key, of a visit its code.
  Seconds anchor_time = 0;
  std::uint32_t anchor_item = UINT32_MAX;
  std::uint64_t anchor_key = 0;
  std::uint64_t anchor_row = 0;
  std::string anchor_visit;
  std::vector<EvidenceStep> steps;  // leaves and comparisons, in order of reading
  std::vector<EvidenceObservation> observations;
  std::string
      text_en;  // the rule's `explain` filled in; a sentence made from the steps without one
  std::string text_zh;
};

// Judges once more, by the tree walker, and notes everything. The first makes a context of its own,
// without rates of sites; who explains often keeps one.
Evidence Explain(const Rule& rule, const SubjectView& subject, const Anchor& anchor);
Evidence Explain(const Rule& rule,
                 const SubjectView& subject,
                 const Anchor& anchor,
                 const FeatureContext& context);

// The verdict of the rule on the observations of the evidence and nothing else. Of rules of scope
// site and study, whose evidence is a rate, kUnknown.
Truth Replay(const Rule& rule, const Evidence& evidence);

// The condition in plain words: what a reviewer signs. "systolic blood pressure is above 180 mmHg,
// or …"; 收缩压高于 180 mmHg，或……
std::string Describe(const Rule& rule, const Catalog& catalog, Language language);

}  // namespace vedette::rules
