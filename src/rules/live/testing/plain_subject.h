// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rules/clinical/pools.h"
#include "rules/live/testing/oracle.h"

namespace vedette::rules::testing {

// A subject's record in the plainest form: built once from all that is known, never changed.
class PlainSubject final : public SubjectView {
 public:
  PlainSubject(std::shared_ptr<const Catalog> catalog, const CurrentChanges& current);

  const Catalog& catalog() const override { return *catalog_; }
  const TextPool& texts() const override { return texts_; }
  const RangeTable& ranges() const override { return ranges_; }
  std::span<const Observation> Series(std::uint32_t item) const override;
  std::span<const FormRow> Rows(std::string_view form) const override;
  const Observation* Attribute(std::uint32_t item) const override;
  // When the latest field of a row was received.
  Seconds ReceivedOfRow(std::uint64_t row) const { return row_received_.at(row); }

 private:
  std::shared_ptr<const Catalog> catalog_;
  HashTextPool texts_;
  HashRangeTable ranges_;
  std::map<std::uint32_t, std::vector<Observation>> series_;
  std::map<std::string, std::vector<FormRow>, std::less<>> rows_;
  std::map<std::uint64_t, Seconds> row_received_;
};

}  // namespace vedette::rules::testing
