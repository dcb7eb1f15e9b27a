// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "rules/backtest/columns.h"
#include "rules/clinical/pools.h"
#include "rules/clinical/subject_record.h"

namespace vedette::rules {

// One subject of a history as the tree walker and the live features see it. What is asked for is
// built from the columns when it is first asked for. Not thread-safe: one for each run.
class HistorySubject final : public SubjectView {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit HistorySubject(const History& history);

  // Shows only these items from now on, as an engine does that keeps what its rules read.
  void Restrict(std::span<const std::uint32_t> items);
  // Spans and pointers given before become invalid. kNone: an empty record, as at the beginning.
  void Select(std::uint32_t subject);
  std::uint32_t subject() const { return subject_; }

  const Catalog& catalog() const override { return history_.catalog(); }
  const TextPool& texts() const override { return history_.texts(); }
  const RangeTable& ranges() const override { return ranges_; }
  std::span<const Observation> Series(std::uint32_t item) const override;
  std::span<const FormRow> Rows(std::string_view form) const override;
  const Observation* Attribute(std::uint32_t item) const override;

 private:
  struct Form {
    std::vector<std::uint32_t> items;
    std::vector<FormRow> rows;
    bool built = false;
  };

  Observation Make(const ItemColumns& item, std::uint32_t row) const;
  void BuildRows(Form& form) const;

  const History& history_;
  std::uint32_t subject_ = kNone;
  std::vector<bool> hidden_;  // by item
  mutable HashRangeTable ranges_;
  mutable bool ranges_used_ = false;
  mutable std::vector<std::vector<Observation>> series_;  // by item
  mutable std::vector<std::uint32_t> built_;              // items of series_ in use
  mutable std::map<std::string, Form, std::less<>> forms_;
};

}  // namespace vedette::rules
