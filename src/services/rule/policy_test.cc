// SPDX-License-Identifier: Apache-2.0
#include "services/rule/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vedette::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RuleVersion Version(int number, RuleStatus status) {
  return {.version_id = "v" + std::to_string(number),
          .rule_id = "R",
          .version = number,
          .tests = 2,
          .tests_passed = true,
          .created_by = "ann",
          .status = status,
          .backtest_id = "b"};
}

RuleVersion Signed(RuleVersion version) {
  version.signatures.push_back({.user_id = "bob"});
  return version;
}

const Timestamp kNow = FromUnixMicros(1'000);

TEST(MaySign, ASecondPersonSignsWhatWasTried) {
  EXPECT_TRUE(MaySign(Version(1, RuleStatus::kDraft), "bob"));
}

TEST(MaySign, NotTheAuthor) {
  EXPECT_EQ(MaySign(Version(1, RuleStatus::kDraft), "ann").error().code, Code::kPermissionDenied);
}

TEST(MaySign, NotTwice) {
  EXPECT_EQ(MaySign(Signed(Version(1, RuleStatus::kDraft)), "bob").error().code,
            Code::kFailedPrecondition);
  EXPECT_TRUE(MaySign(Signed(Version(1, RuleStatus::kDraft)), "eve"));
}

TEST(MaySign, NamesAllThatIsMissing) {
  RuleVersion version = Version(1, RuleStatus::kDraft);
  version.tests_passed = false;
  version.backtest_id.clear();
  const Status status = MaySign(version, "bob");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(status.error().message, HasSubstr("tests do not pass"));
  EXPECT_THAT(status.error().message, HasSubstr("back-test"));
  version.tests = 0;
  EXPECT_THAT(MaySign(version, "bob").error().message, HasSubstr("no tests"));
}

TEST(MaySign, OnlyDrafts) {
  for (const RuleStatus status : {RuleStatus::kActive, RuleStatus::kRetired}) {
    EXPECT_EQ(MaySign(Version(1, status), "bob").error().code, Code::kFailedPrecondition);
  }
}

TEST(Activate, NeedsASignatureWhereOneIsAskedFor) {
  const std::vector<RuleVersion> draft{Version(1, RuleStatus::kDraft)};
  EXPECT_EQ(Activate(draft, 0, kNow, true).error().code, Code::kFailedPrecondition);
  EXPECT_TRUE(Activate(draft, 0, kNow, false));
  EXPECT_TRUE(Activate({Signed(draft[0])}, 0, kNow, true));
}

TEST(Activate, RetiresTheActiveVersionAtTheSameMoment) {
  const auto changes =
      Activate({Version(1, RuleStatus::kActive), Version(2, RuleStatus::kDraft)}, 0, kNow, false);
  ASSERT_TRUE(changes);
  EXPECT_THAT(*changes, ElementsAre(StatusChange{"v1", RuleStatus::kRetired, kNow},
                                    StatusChange{"v2", RuleStatus::kActive, kNow}));
}

TEST(Activate, AgainChangesNothing) {
  const auto changes = Activate({Version(1, RuleStatus::kActive)}, 1, kNow, true);
  ASSERT_TRUE(changes);
  EXPECT_THAT(*changes, IsEmpty());
}

TEST(Activate, RefusesTheRetiredAndTheUnknown) {
  EXPECT_EQ(Activate({Version(1, RuleStatus::kRetired)}, 0, kNow, false).error().code,
            Code::kFailedPrecondition);
  EXPECT_EQ(Activate({Version(1, RuleStatus::kDraft)}, 2, kNow, false).error().code,
            Code::kNotFound);
  EXPECT_EQ(Activate({}, 0, kNow, false).error().code, Code::kNotFound);
}

TEST(Retire, EndsTheActiveVersionOnce) {
  EXPECT_THAT(*Retire({Version(1, RuleStatus::kActive), Version(2, RuleStatus::kDraft)}, kNow),
              ElementsAre(StatusChange{"v1", RuleStatus::kRetired, kNow}));
  EXPECT_THAT(*Retire({Version(1, RuleStatus::kRetired)}, kNow), IsEmpty());
  EXPECT_EQ(Retire({Version(1, RuleStatus::kDraft)}, kNow).error().code, Code::kFailedPrecondition);
  EXPECT_EQ(Retire({}, kNow).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace vedette::rule
