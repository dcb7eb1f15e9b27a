// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vedette::formats::csv {

// The column names of a file. Names compare without case, spaces, '_', '-' and '.':
// "Patient ID", "patient_id" and "PatientId" are one name.
class Header {
 public:
  Header() = default;

  // kInvalidArgument when two columns have one name, or the row holds no name at all.
  static Result<Header> Make(std::vector<std::string> names);

  std::size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }

  std::optional<std::size_t> Find(std::string_view name) const;

  // The positions of the names, in their order. kInvalidArgument names every missing one, the
  // closest there is, and what was found; nothing of a first line that is data, not names.
  Result<std::vector<std::size_t>> Require(std::span<const std::string_view> names) const;

 private:
  std::vector<std::string> names_;
  std::vector<std::string> canonical_;
};

// Lower-case letters and digits of a name; other ASCII falls away.
std::string CanonicalName(std::string_view name);

}  // namespace vedette::formats::csv
