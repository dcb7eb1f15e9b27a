// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "rules/live/testing/property_run.h"

namespace vedette::rules {
namespace {

using testing::PropertyRunOptions;
using testing::PropertyRunResult;

#ifdef NDEBUG
constexpr std::uint64_t kOperations = 300'000;
#else
constexpr std::uint64_t kOperations = 50'000;
#endif

// VEDETTE_PROPERTY_OPS: how many operations; VEDETTE_PROPERTY_SEED: where they begin.
std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

TEST(EngineProperty, LiveIsBatchIsReplay) {
  PropertyRunOptions options;
  options.operations = FromEnvironment("VEDETTE_PROPERTY_OPS", kOperations);
  options.seed = FromEnvironment("VEDETTE_PROPERTY_SEED", 1);
  const PropertyRunResult result = testing::RunProperty(options);
  std::cout << result.operations << " operations, " << result.corrections
            << " corrections and withdrawals, " << result.late << " late, " << result.restarts
            << " restarts, " << result.loads << " loads; " << result.transitions << " transitions; "
            << result.evaluations << " evaluations, " << result.fallbacks << " by the tree walker; "
            << result.subjects_checked << " subjects with " << result.alerts_checked
            << " alerts checked\n";
  for (const std::string& difference : result.differences) {
    ADD_FAILURE() << difference;
  }
  EXPECT_EQ(result.difference_count, 0U);
  // A stream that exercises nothing would pass as well.
  EXPECT_GT(result.corrections, result.operations / 100);
  EXPECT_GT(result.late, result.operations / 100);
  EXPECT_GT(result.transitions, result.operations / 100);
  EXPECT_GT(result.restarts, 0U);
  EXPECT_GT(result.loads, 0U);
  EXPECT_GT(result.fallbacks, 0U);
}

}  // namespace
}  // namespace vedette::rules
