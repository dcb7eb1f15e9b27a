// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog.h"
#include "rules/clinical/change.h"
#include "rules/clinical/observation.h"

namespace vedette::rules {

// Texts of one engine by number; equal texts have equal numbers. The numbers themselves mean
// nothing: no result may depend on their order. Not thread-safe.
class TextPool {
 public:
  virtual ~TextPool() = default;
  virtual std::uint32_t Intern(std::string_view text) = 0;
  virtual std::optional<std::uint32_t> Find(std::string_view text) const = 0;
  virtual std::string_view Text(std::uint32_t number) const = 0;
};

// Reference ranges by number; 0 is "none given". Not thread-safe.
class RangeTable {
 public:
  virtual ~RangeTable() = default;
  // Beyond 65,535 different ranges of one engine the observation is kept without one and counted.
  virtual std::uint16_t Intern(ReferenceRange range) = 0;
  virtual ReferenceRange Range(std::uint16_t number) const = 0;
};

// One row of a form: its fields are found by item.
struct FormRow {
  std::uint64_t key = 0;
  Seconds time = 0;  // the earliest of its fields
  // Sorted by item.
  std::vector<std::pair<std::uint32_t, Observation>> fields;
  const Observation* Find(std::uint32_t item) const;
};

// What is currently known about one subject: read by features, by the tree walker, by tests.
class SubjectView {
 public:
  virtual ~SubjectView() = default;
  virtual const Catalog& catalog() const = 0;
  virtual const TextPool& texts() const = 0;
  virtual const RangeTable& ranges() const = 0;
  // By (time, key); none is absent.
  virtual std::span<const Observation> Series(std::uint32_t item) const = 0;
  // By (time, key).
  virtual std::span<const FormRow> Rows(std::string_view form) const = 0;
  // The latest by (time, key); nullptr when there is none. Attributes are seen at all times.
  virtual const Observation* Attribute(std::uint32_t item) const = 0;
};

// Where a condition is judged.
struct Anchor {
  std::uint32_t item = UINT32_MAX;  // of a series anchor
  std::uint32_t index = 0;          // of its observation in Series(item)
  const FormRow* row = nullptr;     // of a row anchor
  const CatalogVisit* visit = nullptr;
  Seconds time = 0;  // of the observation, the row or the timer
  std::uint64_t key = 0;
  Seconds as_of = 0;  // series are seen up to here: time, or time + settle
  Seconds now = 0;    // knowledge time, of rules that read `now`
};

}  // namespace vedette::rules
