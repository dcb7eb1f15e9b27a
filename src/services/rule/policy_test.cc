// SPDX-License-Identifier: Apache-2.0
#include "services/rule/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace vedette::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RuleVersion Version(int number, RuleStatus status) {
  return {.spec = {.version_id = "v" + std::to_string(number), .rule_id = "R", .version = number},
          .status = status};
}

const Timestamp kNow = FromUnixMicros(1'000);

TEST(Activate, RetiresTheActiveVersionAtTheSameMoment) {
  const auto changes =
      Activate({Version(1, RuleStatus::kActive), Version(2, RuleStatus::kDraft)}, 0, kNow);
  ASSERT_TRUE(changes);
  EXPECT_THAT(*changes, ElementsAre(StatusChange{"v1", RuleStatus::kRetired, kNow},
                                    StatusChange{"v2", RuleStatus::kActive, kNow}));
}

TEST(Activate, AgainChangesNothing) {
  const auto changes = Activate({Version(1, RuleStatus::kActive)}, 1, kNow);
  ASSERT_TRUE(changes);
  EXPECT_THAT(*changes, IsEmpty());
}

TEST(Activate, RefusesTheRetiredAndTheUnknown) {
  EXPECT_EQ(Activate({Version(1, RuleStatus::kRetired)}, 0, kNow).error().code,
            Code::kFailedPrecondition);
  EXPECT_EQ(Activate({Version(1, RuleStatus::kDraft)}, 2, kNow).error().code, Code::kNotFound);
  EXPECT_EQ(Activate({}, 0, kNow).error().code, Code::kNotFound);
}

TEST(Retire, EndsTheActiveVersionOnce) {
  EXPECT_THAT(*Retire({Version(1, RuleStatus::kActive), Version(2, RuleStatus::kDraft)}, kNow),
              ElementsAre(StatusChange{"v1", RuleStatus::kRetired, kNow}));
  EXPECT_THAT(*Retire({Version(1, RuleStatus::kRetired)}, kNow), IsEmpty());
  EXPECT_EQ(Retire({Version(1, RuleStatus::kDraft)}, kNow).error().code, Code::kFailedPrecondition);
  EXPECT_EQ(Retire({}, kNow).error().code, Code::kNotFound);
}

TEST(ContentHash, DependsOnEverythingTheRuleSays) {
  const rules::RuleSpec spec{.study_id = "S", .rule_id = "R", .name = "n", .item = "I"};
  std::set<std::string> hashes{ContentHash(spec)};
  const auto add = [&](auto change) {
    rules::RuleSpec other = spec;
    change(other);
    hashes.insert(ContentHash(other));
  };
  add([](auto& s) { s.study_id = "T"; });
  add([](auto& s) { s.rule_id = "Q"; });
  add([](auto& s) { s.version = 2; });
  add([](auto& s) { s.name = "m"; });
  add([](auto& s) { s.item = "J"; });
  add([](auto& s) { s.comparison = rules::Comparison::kLessThan; });
  add([](auto& s) { s.threshold = 1; });
  add([](auto& s) { s.unit = "mmHg"; });
  add([](auto& s) { s.severity = rules::Severity::kCritical; });
  add([](auto& s) { s.message = "m"; });
  EXPECT_EQ(hashes.size(), 11u);
  EXPECT_EQ(hashes.begin()->size(), 64u);
  // Not on what it is called in the store.
  rules::RuleSpec named = spec;
  named.version_id = "x";
  EXPECT_TRUE(hashes.contains(ContentHash(named)));
}

}  // namespace
}  // namespace vedette::rule
