// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <utility>

namespace vedette {

// A personal or clinical value, or a secret. It cannot be printed, formatted or logged by accident:
// those functions are deleted. Whoever needs the value says Reveal() and answers for it.
template <class T>
class Sensitive {
 public:
  Sensitive() = default;
  explicit Sensitive(T value) : value_(std::move(value)) {}

  const T& Reveal() const& { return value_; }
  T Reveal() && { return std::move(value_); }

  bool operator==(const Sensitive&) const = default;

  friend std::ostream& operator<<(std::ostream&, const Sensitive&) = delete;

 private:
  T value_{};
};

}  // namespace vedette
