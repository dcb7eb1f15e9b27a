// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vedette::rules::testing {

struct PropertyRunOptions {
  std::uint64_t operations = 300'000;  // at least
  std::uint64_t seed = 1;
  std::uint32_t subjects = 40;  // of a round
  std::uint32_t observations = 500;
};

struct PropertyRunResult {
  std::uint64_t operations = 0;
  std::uint64_t corrections = 0;  // of them corrections and withdrawals
  std::uint64_t late = 0;         // of them with an earlier time than what was known
  std::uint64_t transitions = 0;
  std::uint64_t restarts = 0;
  std::uint64_t loads = 0;  // because a change reached what had been dropped
  std::uint64_t subjects_checked = 0;
  std::uint64_t alerts_checked = 0;
  std::uint64_t fallbacks = 0;
  std::uint64_t evaluations = 0;
  std::vector<std::string> differences;  // the first ones, in words
  std::uint64_t difference_count = 0;
};

// Rounds of generated operations through an engine that keeps everything and a bounded one that is
// evicted and started anew now and then. At random times and at the end: the alerts that the
// transitions add up to, what the engines detect, the batch oracle, and a replay in event-time
// order must agree.
PropertyRunResult RunProperty(const PropertyRunOptions& options);

}  // namespace vedette::rules::testing
