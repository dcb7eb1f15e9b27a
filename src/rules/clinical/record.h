// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/clinical/compact_array.h"
#include "rules/clinical/subject_record.h"

namespace vedette::rules {

// Which items records of one engine hold, and where. Immutable.
class RecordLayout {
 public:
  static constexpr std::uint32_t kNotKept = UINT32_MAX;

  // `items`: indexes into Catalog::items; those of forms are kept by row.
  RecordLayout(std::shared_ptr<const Catalog> catalog, std::span<const std::uint32_t> items);
  // Every item of the catalog.
  explicit RecordLayout(std::shared_ptr<const Catalog> catalog);

  const Catalog& catalog() const { return *catalog_; }
  bool Keeps(std::uint32_t item) const { return item < place_.size() && place_[item] != kNotKept; }
  // Of a series or an attribute: its place in a record; of a form's field: the form's place.
  std::uint32_t PlaceOf(std::uint32_t item) const { return place_[item]; }
  bool IsField(std::uint32_t item) const { return is_field_[item]; }
  std::uint32_t series() const { return series_; }
  std::uint32_t forms() const { return static_cast<std::uint32_t>(form_names_.size()); }
  // kNotKept when no field of it is kept.
  std::uint32_t FormPlace(std::string_view form) const;

 private:
  std::shared_ptr<const Catalog> catalog_;
  std::vector<std::uint32_t> place_;
  std::vector<bool> is_field_;
  std::vector<std::string> form_names_;
  std::uint32_t series_ = 0;
};

// What texts and ranges of many records have in common. The record points at it.
struct RecordPools {
  const RecordLayout* layout = nullptr;
  TextPool* texts = nullptr;
  RangeTable* ranges = nullptr;
};

// Where a change was felt: the observation that went and the one that came.
struct RecordEffect {
  std::optional<Observation> removed;
  std::optional<Observation> inserted;
  std::uint64_t row = 0;  // of a form's field: where `removed` stood
  bool nothing() const { return !removed && !inserted; }
};

// One subject's record as it is currently known. An absent observation is not kept: nothing sees
// it. Not thread-safe.
class SubjectRecord final : public SubjectView {
 public:
  explicit SubjectRecord(const RecordPools* pools);

  const Catalog& catalog() const override { return pools_->layout->catalog(); }
  const TextPool& texts() const override { return *pools_->texts; }
  const RangeTable& ranges() const override { return *pools_->ranges; }
  std::span<const Observation> Series(std::uint32_t item) const override;
  std::span<const FormRow> Rows(std::string_view form) const override;
  const Observation* Attribute(std::uint32_t item) const override;

  // Takes over a change: what is known under the key is replaced or withdrawn. A put without value
  // withdraws. Times outside of 1900 to 2199 and items that are not kept have no effect.
  RecordEffect Apply(const Change& change);
  // The observation of a change, with its text and range made numbers; nullopt without value.
  std::optional<Observation> Convert(const Change& change);

  // Where (time, key) stands or would stand; the observation under a key.
  static std::uint32_t Position(std::span<const Observation> series,
                                Seconds time,
                                std::uint64_t key);
  const Observation* FindKey(std::uint32_t item, std::uint64_t key) const;

  // Replaces a series by observations in order.
  void Assign(std::uint32_t item, std::span<const Observation> observations);
  // Forgets `count` observations of a series.
  void Drop(std::uint32_t item, std::uint32_t from, std::uint32_t count);

  std::size_t observations() const;
  std::size_t bytes() const;  // of heap, without the object itself

 private:
  struct Form {
    std::vector<FormRow> rows;
  };
  RecordEffect ApplyToField(const Change& change);
  RecordEffect ApplyToSeries(const Change& change);

  const RecordPools* pools_;
  std::unique_ptr<CompactArray<Observation>[]> series_;
  std::unique_ptr<Form[]> forms_;  // made with the first row
};

}  // namespace vedette::rules
