// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kit/auth/principal.h"

namespace vedette::identity {

struct User {
  std::string id;
  std::string username;  // lower case
  std::string display_name;
  std::vector<Grant> grants;  // in order of role, study, site
  Timestamp created_at;
  bool operator==(const User&) const = default;
};

// A user with what proves who they are.
struct Credentials {
  User user;
  std::string password_hash;  // argon2id, encoded with its salt and parameters
};

struct UserPage {
  std::vector<User> users;
  std::string next_page_token;  // empty on the last page
};

struct AccessToken {
  std::string text;
  std::chrono::seconds lifetime{0};
};

struct LogInOutcome {
  AccessToken token;
  User user;
};

}  // namespace vedette::identity
