// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace vedette::testkit {

// Polls until `holds`; false when it does not within `patience`, which bounds a failing test and
// is no promise of speed. Not on a thread of a runtime.
inline bool Eventually(const std::function<bool()>& holds,
                       std::chrono::seconds patience = std::chrono::seconds(60)) {
  const auto limit = std::chrono::steady_clock::now() + patience;
  // Soon at first, then as seldom as a budget of calls allows.
  std::chrono::milliseconds pause(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(50));
  }
  return true;
}

}  // namespace vedette::testkit
