// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "kit/auth/principal.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"

namespace vedette {

// Turns a bearer token into the caller it stands for. Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // kUnauthenticated for a token that is malformed, expired, revoked or of an unknown key;
  // kUnavailable when that cannot be found out now. The principal is never null.
  virtual Task<Result<std::shared_ptr<const Principal>>> Authenticate(std::string token,
                                                                      Deadline deadline) = 0;
};

}  // namespace vedette
