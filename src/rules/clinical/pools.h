// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "rules/clinical/subject_record.h"

namespace vedette::rules {

// Texts by number, in order of first use.
class HashTextPool final : public TextPool {
 public:
  std::uint32_t Intern(std::string_view text) override;
  std::optional<std::uint32_t> Find(std::string_view text) const override;
  std::string_view Text(std::uint32_t number) const override { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // never moves what the index points at
  std::unordered_map<std::string_view, std::uint32_t> index_;
};

// Ranges by number. Two ranges are the same when their bits are.
class HashRangeTable final : public RangeTable {
 public:
  static constexpr std::size_t kMaximum = 65'535;

  HashRangeTable();
  std::uint16_t Intern(ReferenceRange range) override;
  ReferenceRange Range(std::uint16_t number) const override { return ranges_[number]; }
  // How many observations were kept without their range because there were too many.
  std::uint64_t refused() const { return refused_; }

 private:
  struct Bits {
    std::uint64_t low;
    std::uint64_t high;
    bool operator==(const Bits&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Bits& bits) const {
      return static_cast<std::size_t>((bits.low * 0x9E3779B97F4A7C15ULL) ^ (bits.high >> 7) ^
                                      (bits.high << 29));
    }
  };

  std::vector<ReferenceRange> ranges_;
  std::unordered_map<Bits, std::uint16_t, Hash> index_;
  Bits last_bits_{};
  std::uint16_t last_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace vedette::rules
