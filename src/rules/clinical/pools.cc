// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/pools.h"

#include <bit>
#include <cmath>
#include <limits>

namespace vedette::rules {

std::uint32_t HashTextPool::Intern(std::string_view text) {
  if (const auto found = index_.find(text); found != index_.end()) {
    return found->second;
  }
  const auto number = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  index_.emplace(texts_.back(), number);
  return number;
}

std::optional<std::uint32_t> HashTextPool::Find(std::string_view text) const {
  const auto found = index_.find(text);
  if (found == index_.end()) {
    return std::nullopt;
  }
  return found->second;
}

HashRangeTable::HashRangeTable() {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  ranges_.push_back({kNone, kNone});
}

std::uint16_t HashRangeTable::Intern(ReferenceRange range) {
  if (std::isnan(range.low) && std::isnan(range.high)) {
    return 0;
  }
  // One representation of "none given".
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  range.low = std::isnan(range.low) ? kNone : range.low;
  range.high = std::isnan(range.high) ? kNone : range.high;
  const Bits bits{std::bit_cast<std::uint64_t>(range.low),
                  std::bit_cast<std::uint64_t>(range.high)};
  if (last_ != 0 && bits == last_bits_) {
    return last_;
  }
  auto found = index_.find(bits);
  if (found == index_.end()) {
    if (ranges_.size() > kMaximum) {
      ++refused_;
      return 0;
    }
    found = index_.emplace(bits, static_cast<std::uint16_t>(ranges_.size())).first;
    ranges_.push_back(range);
  }
  last_bits_ = bits;
  last_ = found->second;
  return last_;
}

}  // namespace vedette::rules
