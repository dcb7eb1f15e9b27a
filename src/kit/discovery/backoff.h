// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include "base/random.h"

namespace vedette::discovery {

// How long to wait after one failure in a row after another: doubling from `first` to `most`, of
// which a random half is taken off, so that many processes do not come back together.
class Backoff {
 public:
  explicit Backoff(RandomSource& random,
                   std::chrono::milliseconds first = std::chrono::milliseconds(100),
                   std::chrono::milliseconds most = std::chrono::seconds(2))
      : random_(random), first_(first), most_(most), next_(first) {}

  std::chrono::milliseconds Next() {
    const auto whole = next_;
    next_ = std::min(most_, next_ * 2);
    const double kept = 1.0 - 0.5 * random_.Uniform();
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(whole.count()) * kept));
  }
  void Reset() { next_ = first_; }

 private:
  RandomSource& random_;
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds next_;
};

}  // namespace vedette::discovery
