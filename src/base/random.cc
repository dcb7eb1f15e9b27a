// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <array>
#include <bit>
#include <random>

namespace vedette {
namespace {

std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::array<std::uint64_t, 4> Seed() {
  std::random_device device;
  std::array<std::uint64_t, 4> state{};
  for (std::uint64_t& word : state) {
    word = (static_cast<std::uint64_t>(device()) << 32) | device();
  }
  state[0] |= 1;  // all zero would stay so
  return state;
}

}  // namespace

std::uint64_t SystemRandom::Next() {
  thread_local std::array<std::uint64_t, 4> state = Seed();
  const std::uint64_t result = std::rotl(state[1] * 5, 7) * 9;
  const std::uint64_t shifted = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = std::rotl(state[3], 45);
  return result;
}

std::uint64_t SeededRandom::Next() {
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
  return Mix(state_.fetch_add(kStep, std::memory_order_relaxed) + kStep);
}

}  // namespace vedette
