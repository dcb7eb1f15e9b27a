// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

namespace vedette::formats {

// Text that lives as long as the arena or until Clear; never moves. Not thread-safe.
class Arena {
 public:
  // The parts one behind the other.
  std::string_view Join(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    char* const start = Allocate(size);
    char* at = start;
    for (const std::string_view part : parts) {
      if (!part.empty()) std::memcpy(at, part.data(), part.size());
      at += part.size();
    }
    return {start, size};
  }

  // Forgets the text and keeps the memory of the first blocks.
  void Clear() {
    current_ = 0;
    used_ = 0;
  }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  char* Allocate(std::size_t size) {
    while (current_ < blocks_.size() && blocks_[current_].size - used_ < size) {
      ++current_;
      used_ = 0;
    }
    if (current_ == blocks_.size()) {
      const std::size_t block_size = std::max<std::size_t>(size, std::size_t{32} * 1024);
      blocks_.push_back({std::make_unique_for_overwrite<char[]>(block_size), block_size});
      used_ = 0;
    }
    char* const start = blocks_[current_].bytes.get() + used_;
    used_ += size;
    return start;
  }

  std::vector<Block> blocks_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;
};

}  // namespace vedette::formats
