// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/subject_history.h"

#include <gtest/gtest.h>

namespace vedette::monitor {
namespace {

// Without it a bounded engine loads the subject from the log again for every new key.
TEST(ToChange, TellsTheFirstVersionFromACorrection) {
  rules::Catalog catalog;
  catalog.items = {{.code = "SYSBP", .name = "vs.SYSBP"}};
  catalog.Finish();
  PreparedEvent event;
  event.event.value = NumberValue{150, Comparator::kNone};
  EXPECT_TRUE(ToChange(event, Lineage{}, catalog, 0, 0).first_version);
  EXPECT_FALSE(
      ToChange(event, Lineage{.version = 2, .root = ShortHash{}}, catalog, 0, 0).first_version);
}

}  // namespace
}  // namespace vedette::monitor
