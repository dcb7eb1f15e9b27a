// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/backoff.h"

#include <algorithm>

namespace vedette::queue {

std::chrono::milliseconds LongestWait(const BackoffOptions& options, std::int64_t failures) {
  std::chrono::milliseconds wait = std::min(options.first, options.longest);
  for (std::int64_t i = 1; i < failures && wait < options.longest; ++i) {
    wait = wait > options.longest / 2 ? options.longest : wait * 2;
  }
  return wait;
}

std::chrono::milliseconds FullJitter(const BackoffOptions& options,
                                     std::int64_t failures,
                                     RandomSource& random) {
  const std::int64_t longest = std::max<std::int64_t>(0, LongestWait(options, failures).count());
  return std::chrono::milliseconds(random.Below(static_cast<std::uint64_t>(longest) + 1));
}

}  // namespace vedette::queue
