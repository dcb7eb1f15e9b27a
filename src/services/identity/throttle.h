// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"

namespace vedette::identity {

struct ThrottleLimits {
  // Failures of one name before it has to wait.
  int free_failures = 5;
  // How long it waits after that failure; twice as long after each further one.
  std::chrono::milliseconds first_delay = std::chrono::seconds(1);
  std::chrono::milliseconds longest_delay = std::chrono::minutes(15);
  // A name without failure for this long starts anew.
  std::chrono::milliseconds forget_after = std::chrono::hours(1);
  // Names remembered; the one that failed longest ago makes room.
  std::size_t names = 10'000;
  // Failures of all names together in one minute before everybody waits for the next.
  int failures_per_minute = 300;
};

// Slows the guessing of passwords down. It knows only the names it is given, so it treats names
// that exist and names that do not alike. An attempt counts as failed from when it is admitted, so
// that many at once gain nothing. In memory: a restart forgets. Thread-safe.
class LogInThrottle {
 public:
  explicit LogInThrottle(const Clock& clock, ThrottleLimits limits = {})
      : clock_(clock), limits_(limits) {}

  // kResourceExhausted with retry_after while the name, or everybody, has to wait.
  Status Admit(const std::string& name);
  // The attempt succeeded: the name starts anew.
  void Succeeded(const std::string& name);
  // The attempt came to no answer, for reasons of ours.
  void Withdraw(const std::string& name);

  std::size_t size() const;

 private:
  struct Entry {
    std::string name;
    int failures = 0;
    SteadyTime last;
    SteadyTime blocked_until;
  };
  using Entries = std::list<Entry>;

  Entry& Touch(const std::string& name, SteadyTime now);
  std::chrono::milliseconds DelayAfter(int failures) const;

  const Clock& clock_;
  const ThrottleLimits limits_;
  mutable std::mutex mutex_;
  Entries entries_;  // the one that failed last in front
  std::unordered_map<std::string, Entries::iterator> by_name_;
  SteadyTime minute_start_{};
  int failures_this_minute_ = 0;
};

}  // namespace vedette::identity
