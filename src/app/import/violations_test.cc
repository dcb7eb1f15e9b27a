// SPDX-License-Identifier: Apache-2.0
#include "app/import/violations.h"

#include <gtest/gtest.h>

namespace vedette::importing {
namespace {

Error WithViolations(std::vector<FieldViolation> violations) {
  return {Code::kInvalidArgument, "Invalid.", std::move(violations)};
}

TEST(ViolationsTest, GathersByElement) {
  const auto faults = FaultsByElement(WithViolations({{"events[3].item", "is not known"},
                                                      {"events[0]", "is wrong"},
                                                      {"events[3].unit", "is not kg"}}),
                                      "events", 4);
  ASSERT_TRUE(faults.has_value());
  ASSERT_EQ(faults->size(), 2U);
  EXPECT_EQ(faults->at(0).field, "");
  EXPECT_EQ(faults->at(0).reason, "is wrong");
  EXPECT_EQ(faults->at(3).field, "item");
  EXPECT_EQ(faults->at(3).reason, "is not known; unit: is not kg");
}

TEST(ViolationsTest, AnythingElseIsAboutTheRequest) {
  EXPECT_FALSE(FaultsByElement(WithViolations({}), "events", 4).has_value());
  for (const char* path : {"source", "events", "events[4].item", "events[x].item", "events[1",
                           "events[1]item", "events[-1].item", "eventsx[1].item", "events[]"}) {
    EXPECT_FALSE(
        FaultsByElement(WithViolations({{"events[1].item", "x"}, {path, "y"}}), "events", 4)
            .has_value())
        << path;
  }
}

}  // namespace
}  // namespace vedette::importing
