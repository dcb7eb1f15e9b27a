// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// The IP addresses of a name; none when there is no such name. Blocking.
using AskSystem = std::function<Result<std::vector<std::string>>(std::string host)>;
// As getaddrinfo tells them, in its order. kUnavailable when it cannot tell now.
AskSystem SystemAddresses();

// Looks names up without waiting for longer than one wants to: the system's look-up can neither be
// interrupted nor bounded, so each has a thread of its own, which outlives a caller that left and
// this object. Thread-safe.
class NameLookups {
 public:
  // So many may be under way at once, those included that nobody waits for any more.
  static constexpr std::size_t kMost = 16;

  explicit NameLookups(AskSystem ask = SystemAddresses());

  // kDeadlineExceeded when the answer is not there by `deadline`, kResourceExhausted while too many
  // are under way, else what the system says.
  Task<Result<std::vector<std::string>>> Find(std::string host, SteadyTime deadline) const;

  // Look-ups under way.
  std::size_t pending() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace vedette::discovery
