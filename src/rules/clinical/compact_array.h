// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace vedette::rules {

// A sorted array that wastes little: 16 bytes of its own and at most an eighth of slack, or one
// place. For plain values only.
template <class T>
class CompactArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  CompactArray() = default;
  CompactArray(const CompactArray&) = delete;
  CompactArray& operator=(const CompactArray&) = delete;
  CompactArray(CompactArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  CompactArray& operator=(CompactArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~CompactArray() { std::free(data_); }

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == capacity_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& back() const { return data_[size_ - 1]; }
  T& operator[](std::uint32_t index) { return data_[index]; }
  const T& operator[](std::uint32_t index) const { return data_[index]; }
  std::span<const T> span() const { return {data_, size_}; }

  void Insert(std::uint32_t at, const T& value) {
    if (size_ == capacity_) {
      Reallocate(size_ + 1 + size_ / 8);
    }
    std::memmove(data_ + at + 1, data_ + at, (size_ - at) * sizeof(T));
    data_[at] = value;
    ++size_;
  }
  void Erase(std::uint32_t from, std::uint32_t count) {
    if (count == 0) {
      return;
    }
    std::memmove(data_ + from, data_ + from + count, (size_ - from - count) * sizeof(T));
    size_ -= count;
  }
  void Assign(std::span<const T> values) {
    size_ = 0;
    Reallocate(static_cast<std::uint32_t>(values.size()));
    if (!values.empty()) {
      std::memcpy(data_, values.data(), values.size_bytes());
    }
    size_ = static_cast<std::uint32_t>(values.size());
  }
  // Gives back what more than that slack takes.
  void Shrink() {
    if (capacity_ > size_ + 1 + size_ / 8) {
      Reallocate(size_);
    }
  }
  // Of heap, with what an allocator adds to a block.
  std::size_t bytes() const { return capacity_ == 0 ? 0 : capacity_ * sizeof(T) + 16; }

 private:
  void Reallocate(std::uint32_t capacity) {
    if (capacity == 0) {
      std::free(data_);
      data_ = nullptr;
    } else {
      void* grown = std::realloc(data_, capacity * sizeof(T));
      if (grown == nullptr) {
        throw std::bad_alloc();
      }
      data_ = static_cast<T*>(grown);
    }
    capacity_ = capacity;
  }

  T* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace vedette::rules
