// SPDX-License-Identifier: Apache-2.0
#include "model/role_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace vedette {
namespace {

using ::testing::Contains;
using ::testing::Not;

// The permissions that the contracts under proto/vedette ask for; those of testing/ serve tests.
std::set<std::string> PermissionsOfTheContracts() {
  std::set<std::string> found;
  const std::regex permission("permission: \"([a-z.]+)\"");
  for (const auto& entry : std::filesystem::recursive_directory_iterator("proto/vedette")) {
    if (entry.path().extension() != ".proto") continue;
    if (entry.path().string().starts_with("proto/vedette/testing/")) continue;
    std::ifstream file(entry.path());
    std::stringstream content;
    content << file.rdbuf();
    const std::string text = content.str();
    for (std::sregex_iterator match(text.begin(), text.end(), permission), end; match != end;
         ++match) {
      found.insert((*match)[1]);
    }
  }
  return found;
}

TEST(RoleTable, EveryPermissionOfTheContractsBelongsToARole) {
  std::set<std::string> carried;
  for (const auto& [role, permissions] : DefaultRoleTable()) {
    carried.insert(permissions.begin(), permissions.end());
  }
  const auto asked = PermissionsOfTheContracts();
  ASSERT_FALSE(asked.empty());
  for (const std::string& permission : asked) EXPECT_THAT(carried, Contains(permission));
}

TEST(RoleTable, CarriesNoPermissionThatNobodyAsksFor) {
  auto asked = PermissionsOfTheContracts();
  // What monitor asks for beyond its contract: who may judge a critical alert, and who may see
  // alerts that tell the treatment. What /debug asks for, which has no contract.
  asked.insert({"alert.medical", "alert.unblinded", "ops.read"});
  for (const auto& [role, permissions] : DefaultRoleTable()) {
    for (const std::string& permission : permissions) {
      EXPECT_THAT(asked, Contains(permission)) << role;
    }
  }
}

TEST(RoleTable, WhoOnlyReadsCannotWrite) {
  const auto roles = DefaultRoleTable();
  for (const std::string& permission : roles.at("auditor")) {
    EXPECT_TRUE(permission.ends_with(".read")) << permission;
  }
}

TEST(RoleTable, OnlyWhoIsUnblindedSeesTheTreatment) {
  const std::set<std::string> unblinded = {"administrator", "unblinded_monitor"};
  for (const auto& [role, permissions] : DefaultRoleTable()) {
    EXPECT_EQ(permissions.contains("alert.unblinded"), unblinded.contains(role)) << role;
  }
}

TEST(RoleTable, OnlyMedicalMonitorsJudgeCriticalAlerts) {
  for (const auto& [role, permissions] : DefaultRoleTable()) {
    EXPECT_EQ(permissions.contains("alert.medical"), role == "medical_monitor") << role;
  }
}

TEST(RoleTable, OnlyAdministratorsManageUsersAndCreateStudies) {
  for (const auto& [role, permissions] : DefaultRoleTable()) {
    if (role == "administrator") continue;
    EXPECT_THAT(permissions, Not(Contains("identity.manage"))) << role;
    EXPECT_THAT(permissions, Not(Contains("trial.create"))) << role;
  }
}

}  // namespace
}  // namespace vedette
