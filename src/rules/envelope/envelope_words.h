// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "rules/rule.h"

namespace vedette::rules {

// The words of a closed field and what each stands for.
template <class T, std::size_t kCount>
struct EnvelopeWords {
  std::array<std::string_view, kCount> texts;
  std::array<T, kCount> values;

  constexpr std::string_view TextOf(T value) const {
    const auto found = std::ranges::find(values, value);
    return found == values.end() ? std::string_view() : texts[found - values.begin()];
  }
};

inline constexpr EnvelopeWords<EvaluationScope, 5> kScopeWords = {
    {"subject", "row", "visit", "site", "study"},
    {EvaluationScope::kSubject, EvaluationScope::kRow, EvaluationScope::kVisit,
     EvaluationScope::kSite, EvaluationScope::kStudy}};
inline constexpr EnvelopeWords<Severity, 3> kSeverityWords = {
    {"info", "warning", "critical"}, {Severity::kInfo, Severity::kWarning, Severity::kCritical}};
inline constexpr EnvelopeWords<Dedupe, 4> kDedupeWords = {
    {"episode", "anchor", "subject", "day"},
    {Dedupe::kEpisode, Dedupe::kAnchor, Dedupe::kSubject, Dedupe::kDay}};

}  // namespace vedette::rules
