// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/sensitive.h"
#include "kit/redis/resp.h"
#include "kit/redis/stream.h"
#include "kit/task/task.h"

namespace vedette::redis {

// More than any answer that is wanted here: Redis' own limit of a string.
inline constexpr std::size_t kMaxAnswerBytes = 512UL * 1024 * 1024;

// Who a connection logs in as, and what it must find.
struct Login {
  std::string user;
  Sensitive<std::string> password;
  std::int64_t database = 0;
  std::string name;             // for CLIENT LIST
  bool must_be_master = false;  // behind sentinels
};

// Sends `commands` and waits for `count` answers. For a connection that nobody else uses yet.
// kUnavailable, also at the deadline, when the stream is closed.
Task<Result<std::vector<Answer>>> Exchange(std::shared_ptr<Stream> stream,
                                           std::string commands,
                                           std::size_t count,
                                           SteadyTime deadline);

// Dials, logs in, selects the database and makes sure that the server answers.
Task<Result<std::shared_ptr<Stream>>> Connect(std::shared_ptr<const Dialer> dialer,
                                              Endpoint endpoint,
                                              Login login,
                                              SteadyTime deadline);

// One command on a connection of its own.
Task<Result<Answer>> AskOnce(std::shared_ptr<const Dialer> dialer,
                             Endpoint endpoint,
                             Login login,
                             std::string command,
                             SteadyTime deadline);

}  // namespace vedette::redis
