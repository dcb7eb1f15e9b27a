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

TEST(RoleTable, CarriesNoPermissionThatNoContractAsksFor) {
  const auto asked = PermissionsOfTheContracts();
  for (const auto& [role, permissions] : DefaultRoleTable()) {
    for (const std::string& permission : permissions) {
      EXPECT_THAT(asked, Contains(permission)) << role;
    }
  }
}

TEST(RoleTable, WhoOnlyReadsCannotWrite) {
  const auto roles = DefaultRoleTable();
  for (const char* role : {"medical_monitor", "cra", "auditor"}) {
    for (const std::string& permission : roles.at(role)) {
      EXPECT_TRUE(permission.ends_with(".read")) << role << " " << permission;
    }
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
