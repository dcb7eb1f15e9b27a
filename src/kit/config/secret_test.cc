// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "kit/config/load.h"

namespace vedette::config {
namespace {

using testing::HasSubstr;
using testing::Not;

struct AuthConfig {
  Sensitive<std::string> password{"unset"};
  void Describe(config::Section& section) {
    section.Field("password", password, {.text = "The password."});
  }
};

class SecretTest : public testing::Test {
 protected:
  SecretTest() {
    path_ = std::filesystem::temp_directory_path() / ("vedette_secret_" + std::to_string(getpid()));
    std::ofstream(path_) << "  correct horse \n";
    chmod(path_.c_str(), 0600);
  }
  ~SecretTest() override { std::filesystem::remove(path_); }

  Status LoadAuth(const std::string& text, std::vector<std::string> overrides = {}) {
    const EnvLookup env = [](std::string_view name) -> std::optional<std::string> {
      if (name == "PASSWORD") return "battery staple";
      return std::nullopt;
    };
    VEDETTE_TRY(Document document, LoadText(text, "vedette.yaml", env));
    return Load(std::move(document), config_, std::move(overrides));
  }

  std::string path_;
  AuthConfig config_;
};

TEST_F(SecretTest, ComesTrimmedFromAFile) {
  const Status status = LoadAuth("password_file: " + path_);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(config_.password.Reveal(), "correct horse");
}

TEST_F(SecretTest, ComesFromTheEnvironment) {
  ASSERT_TRUE(LoadAuth("password: ${PASSWORD}"));
  EXPECT_EQ(config_.password.Reveal(), "battery staple");
}

TEST_F(SecretTest, ALiteralIsRefusedAndNotRepeated) {
  for (const std::string text :
       {"password: hunter2", "password: ${NOPE:hunter2}", "password: \"x${PASSWORD}\""}) {
    const Status status = LoadAuth(text);
    ASSERT_FALSE(status) << text;
    EXPECT_THAT(status.error().message, HasSubstr("is a secret and must not stand"));
    EXPECT_THAT(status.error().message, HasSubstr("password_file"));
    EXPECT_THAT(status.error().message, Not(HasSubstr("hunter2")));
  }
  const Status status = LoadAuth("", {"password=hunter2"});
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, Not(HasSubstr("hunter2")));
}

TEST_F(SecretTest, AFileOpenToEveryoneIsRefused) {
  chmod(path_.c_str(), 0644);
  const Status status = LoadAuth("password_file: " + path_);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("chmod 600"));
  EXPECT_EQ(config_.password.Reveal(), "unset");
}

TEST_F(SecretTest, BothWaysAtOnceIsRefused) {
  const Status status = LoadAuth("password: ${PASSWORD}\npassword_file: " + path_);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("keep one"));
}

TEST_F(SecretTest, AMissingFileIsNamed) {
  const Status status = LoadAuth("password_file: /nonexistent/secret");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("cannot open /nonexistent/secret"));
}

}  // namespace
}  // namespace vedette::config
