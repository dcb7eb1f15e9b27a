// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "rules/check/checker.h"
#include "rules/clinical/subject_record.h"
#include "rules/envelope/explain.h"
#include "rules/eval/evaluator.h"

namespace vedette::rules {

// Finds the observations that an evaluation read, from the expression and what its parts were: only
// parts that were evaluated read anything. Of a list or window that is all it holds; of a form, the
// named fields of every row.
class EvidenceReader {
 public:
  EvidenceReader(const SubjectView& subject, const Anchor& anchor)
      : subject_(subject), anchor_(anchor) {}

  void Read(const CheckedExpression& checked, const EvaluationTrace& trace);
  // The anchor's own observation, or its row.
  void ReadAnchor();

  // By item, then time and key.
  std::vector<EvidenceObservation> Take() const;

 private:
  void Visit(const Expr& expr, const CheckedExpression& checked, const EvaluationTrace& trace);
  void VisitSeries(const Expr& expr, std::uint32_t item, const EvaluationTrace& trace);
  void VisitVisit(const Expr& expr);
  void ReadField(std::uint32_t item);

  // Those seen from the anchor, oldest first; the last is the current one.
  std::span<const Observation> Seen(std::uint32_t item) const;
  void AddLast(std::uint32_t item, std::size_t count);
  void AddBetween(std::uint32_t item, Seconds from, Seconds until);
  void AddBaseline(std::uint32_t item);
  void AddAttribute(std::string_view name);
  void Add(std::uint32_t item, const Observation& observation, std::uint64_t row);

  const SubjectView& subject_;
  const Anchor& anchor_;
  std::map<std::tuple<std::uint32_t, std::uint64_t, Seconds, std::uint64_t>, EvidenceObservation>
      found_;
};

}  // namespace vedette::rules
