// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace vedette::formats::csv {

// A growing array that neither clears memory nor checks on Append: the caller reserves for a whole
// block of rows at once.
template <class T>
class Column {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  // Room for `count` elements in all; keeps what is there.
  void Reserve(std::size_t count) {
    if (count <= capacity_) return;
    const std::size_t capacity = std::max(count, capacity_ + capacity_ / 2);
    std::unique_ptr<T[]> grown(new T[capacity]);
    std::copy_n(values_.get(), size_, grown.get());
    values_ = std::move(grown);
    capacity_ = capacity;
  }
  void Append(const T& value) { values_[size_++] = value; }  // room must be reserved
  void Clear() { size_ = 0; }
  void Resize(std::size_t size) { size_ = size; }  // within the reserved room

  T* data() { return values_.get(); }
  const T* data() const { return values_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t index) { return values_[index]; }
  const T& operator[](std::size_t index) const { return values_[index]; }
  std::span<const T> view() const { return {values_.get(), size_}; }
  const T* begin() const { return values_.get(); }
  const T* end() const { return values_.get() + size_; }

 private:
  std::unique_ptr<T[]> values_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace vedette::formats::csv
