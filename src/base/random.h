// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace vedette {

// Where chance comes from: sampling, jitter, picking. Injected, so tests hold it in their hand. Not
// for secrets. Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // Uniform over all 64-bit values.
  virtual std::uint64_t Next() = 0;

  // Uniform in [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  // Uniform in [0, bound); 0 for a bound of 0. The bias is below bound / 2^64.
  std::uint64_t Below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
};

// xoshiro256** (Blackman and Vigna 2018), one state per thread, seeded by the operating system.
class SystemRandom final : public RandomSource {
 public:
  std::uint64_t Next() override;
};

// The same sequence for the same seed: SplitMix64 (Steele, Lea and Flood 2014). For tests and
// reproducible runs.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() override;

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace vedette
