// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vedette::rules {

// A rate of one site beside those of the other sites of the study.
struct KriValue {
  double score = 0;  // overdispersed z; NaN below the smallest denominator
  double rate = 0;   // numerator / denominator
  double numerator = 0;
  double denominator = 0;
};

// Where rules of scope site and study find their rates. Pure while an evaluation lasts.
class KriSource {
 public:
  virtual ~KriSource() = default;
  // `kri` is an index into Catalog::kris; an empty site means the whole study. nullopt: not known.
  virtual std::optional<KriValue> Value(std::uint32_t kri, std::string_view site_id) const = 0;
};

}  // namespace vedette::rules
