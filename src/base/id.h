// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace vedette {

// A string that identifies one kind of thing; ids of different kinds do not mix.
//   using SubjectId = Id<struct SubjectTag>;
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}

  const std::string& value() const& { return value_; }
  std::string value() && { return std::move(value_); }
  bool empty() const { return value_.empty(); }

  auto operator<=>(const Id&) const = default;
  bool operator==(const Id&) const = default;

  friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.value_; }

 private:
  std::string value_;
};

}  // namespace vedette

template <class Tag>
struct std::hash<vedette::Id<Tag>> {
  std::size_t operator()(const vedette::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value());
  }
};
