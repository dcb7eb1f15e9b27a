// SPDX-License-Identifier: Apache-2.0
#include "kit/balance/consistent_hash_ring.h"

namespace vedette {
namespace {

std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

}  // namespace

std::uint64_t StableHash(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3ULL;
  }
  return Mix(hash);
}

ConsistentHashRing::ConsistentHashRing(std::span<const std::string> members,
                                       std::size_t virtual_nodes)
    : members_(members.size()) {
  points_.reserve(members.size() * virtual_nodes);
  for (std::size_t member = 0; member < members.size(); ++member) {
    const std::uint64_t name = StableHash(members[member]);
    for (std::size_t i = 1; i <= virtual_nodes; ++i) {
      // Weyl steps, mixed: an independent sequence for each member.
      points_.push_back(
          {Mix(name + i * 0x9e3779b97f4a7c15ULL), static_cast<std::uint32_t>(member)});
    }
  }
  std::ranges::sort(points_, {}, &Point::position);
}

}  // namespace vedette
