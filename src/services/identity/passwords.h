// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/sensitive.h"
#include "kit/auth/password.h"
#include "kit/task/blocking_pool.h"
#include "kit/task/task.h"

namespace vedette::identity {

// Hashes passwords on threads of their own, so that nobody waits behind a log-in, and no more at
// once than there are threads. kResourceExhausted when too many wait. Thread-safe.
class Passwords {
 public:
  // Blocks for one hash.
  Passwords(PasswordCost cost, std::size_t threads, std::size_t queue_limit)
      : hasher_(cost), pool_("password", threads, queue_limit) {}

  Task<Result<std::string>> Encode(Sensitive<std::string> password);

  // Whether the password is the encoded one. Without an encoding, for a user who does not exist,
  // false after the same work.
  Task<Result<bool>> Verify(Sensitive<std::string> password, std::optional<std::string> encoded);

 private:
  const PasswordHasher hasher_;
  BlockingPool pool_;
};

}  // namespace vedette::identity
