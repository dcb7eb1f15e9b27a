// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace vedette::simulate {

// A value from its coordinates: no state, so any moment of the study can be made by itself.
// Finaliser of SplitMix64 (Steele, Lea, Flood 2014).
inline std::uint64_t Mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

inline std::uint64_t Mix(std::uint64_t a, std::uint64_t b) { return Mix(a ^ Mix(b)); }

// In [0, 1).
inline double Uniform(std::uint64_t seed) {
  return static_cast<double>(Mix(seed) >> 11) * 0x1.0p-53;
}

// Standard normal (Box–Muller).
inline double Normal(std::uint64_t seed) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform(seed)));
  return radius * std::cos(2.0 * std::numbers::pi * Uniform(Mix(seed, 1)));
}

}  // namespace vedette::simulate
