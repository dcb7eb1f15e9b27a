// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette {

// The same in every process: FNV-1a, mixed by SplitMix64's finalizer.
std::uint64_t StableHash(std::string_view bytes);

// Consistent hashing (Karger et al. 1997): each member owns many arcs of a ring of 64-bit numbers.
// A member that joins takes keys from the others and moves none between them. Immutable.
class ConsistentHashRing {
 public:
  static constexpr std::size_t kVirtualNodes = 160;

  explicit ConsistentHashRing(std::span<const std::string> members,
                              std::size_t virtual_nodes = kVirtualNodes);

  // The index of the first member along the ring, from the key on, that `accept` takes; each member
  // is asked once at most. nullopt when none is taken.
  template <class Accept>
  std::optional<std::size_t> Find(std::string_view key, Accept accept) const;

 private:
  struct Point {
    std::uint64_t position;
    std::uint32_t member;
  };

  std::size_t members_;
  std::vector<Point> points_;  // sorted by position
};

template <class Accept>
std::optional<std::size_t> ConsistentHashRing::Find(std::string_view key, Accept accept) const {
  const std::uint64_t hash = StableHash(key);
  const auto begin = std::ranges::lower_bound(points_, hash, {}, &Point::position);
  const auto start = static_cast<std::size_t>(begin - points_.begin());
  std::vector<bool> asked;  // made when the first member is not taken
  for (std::size_t step = 0, seen = 0; step < points_.size() && seen < members_; ++step) {
    const std::size_t member = points_[(start + step) % points_.size()].member;
    if (!asked.empty() && asked[member]) continue;
    if (accept(member)) return member;
    if (asked.empty()) asked.resize(members_);
    asked[member] = true;
    ++seen;
  }
  return std::nullopt;
}

}  // namespace vedette
