// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/retry_budget.h"

#include <algorithm>

namespace vedette::rpc {

RetryBudget::RetryBudget(double share, double per_second, const Clock& clock)
    : share_(share),
      per_second_(per_second),
      capacity_(10 * per_second + 100 * share),
      clock_(clock),
      tokens_(capacity_),
      filled_(clock.SteadyNow()) {}

void RetryBudget::OnCall() {
  const std::scoped_lock lock(mutex_);
  tokens_ = std::min(capacity_, tokens_ + share_);
}

bool RetryBudget::Take() {
  const std::scoped_lock lock(mutex_);
  Fill(clock_.SteadyNow());
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

void RetryBudget::Fill(SteadyTime now) {
  const std::chrono::duration<double> elapsed = now - filled_;
  tokens_ = std::min(capacity_, tokens_ + elapsed.count() * per_second_);
  filled_ = now;
}

double RetryBudget::tokens() const {
  const std::scoped_lock lock(mutex_);
  return tokens_;
}

}  // namespace vedette::rpc
