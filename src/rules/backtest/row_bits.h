// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vedette::rules {

// One bit for each row of a range. Bits beyond the size are 0.
class RowBits {
 public:
  void Reset(std::size_t size, bool value) {
    size_ = size;
    words_.assign((size + 63) / 64, value ? ~std::uint64_t{0} : 0);
    TrimTail();
  }

  std::size_t size() const { return size_; }
  std::size_t words() const { return words_.size(); }
  std::uint64_t* data() { return words_.data(); }
  std::uint64_t Word(std::size_t word) const { return words_[word]; }
  void SetWord(std::size_t word, std::uint64_t bits) { words_[word] = bits; }

  bool Test(std::size_t row) const { return ((words_[row / 64] >> (row % 64)) & 1) != 0; }
  void Set(std::size_t row, bool value) {
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    words_[row / 64] = value ? words_[row / 64] | bit : words_[row / 64] & ~bit;
  }

  // The first set bit in [from, end); `end` when there is none.
  std::size_t Next(std::size_t from, std::size_t end) const {
    while (from < end) {
      const std::uint64_t rest = words_[from / 64] >> (from % 64);
      if (rest != 0) {
        const std::size_t at = from + static_cast<std::size_t>(std::countr_zero(rest));
        return at < end ? at : end;
      }
      from = (from / 64 + 1) * 64;
    }
    return end;
  }

  std::size_t Count() const {
    std::size_t count = 0;
    for (const std::uint64_t word : words_) {
      count += static_cast<std::size_t>(std::popcount(word));
    }
    return count;
  }

  bool AnyIn(std::size_t from, std::size_t end) const { return Next(from, end) < end; }

  // Clears what a kernel left beyond the last row.
  void TrimTail() {
    if (size_ % 64 != 0) {
      words_.back() &= (std::uint64_t{1} << (size_ % 64)) - 1;
    }
  }

 private:
  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace vedette::rules
