// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/options.h"

#include "kit/config/section.h"

namespace vedette {

void LimiterOptions::Describe(config::Section& section) {
  section.Field("max_keys", max_keys,
                {.text = "Budgets that one process remembers.", .minimum = 32, .maximum = 1e7});
  section.Field("redis_timeout", redis_timeout,
                {.text = "Longest wait for Redis; then the process grants its own share.",
                 .minimum = 1,
                 .maximum = 10'000});
  section.Field("replicas", replicas,
                {.text = "Processes that take calls in; without Redis each grants its share.",
                 .minimum = 1,
                 .maximum = 10'000});
}

}  // namespace vedette
