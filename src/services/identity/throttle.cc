// SPDX-License-Identifier: Apache-2.0
#include "services/identity/throttle.h"

#include <algorithm>

namespace vedette::identity {
namespace {

using std::chrono::milliseconds;

std::unexpected<Error> Refuse(SteadyTime::duration wait) {
  return Fail(Error{Code::kResourceExhausted,
                    "Too many log-ins failed; try again later.",
                    {},
                    std::chrono::ceil<milliseconds>(wait)});
}

}  // namespace

Status LogInThrottle::Admit(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const SteadyTime now = clock_.SteadyNow();
  if (now - minute_start_ >= std::chrono::minutes(1)) {
    minute_start_ = now;
    failures_this_minute_ = 0;
  }
  if (failures_this_minute_ >= limits_.failures_per_minute) {
    return Refuse(minute_start_ + std::chrono::minutes(1) - now);
  }
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    if (now < found->second->blocked_until) return Refuse(found->second->blocked_until - now);
  }
  Entry& entry = Touch(name, now);
  ++entry.failures;
  ++failures_this_minute_;
  entry.last = now;
  entry.blocked_until = now + DelayAfter(entry.failures);
  return {};
}

void LogInThrottle::Succeeded(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  failures_this_minute_ = std::max(0, failures_this_minute_ - 1);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  entries_.erase(found->second);
  by_name_.erase(found);
}

void LogInThrottle::Withdraw(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  failures_this_minute_ = std::max(0, failures_this_minute_ - 1);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  Entry& entry = *found->second;
  entry.failures = std::max(0, entry.failures - 1);
  entry.blocked_until = entry.last + DelayAfter(entry.failures);
}

std::size_t LogInThrottle::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

LogInThrottle::Entry& LogInThrottle::Touch(const std::string& name, SteadyTime now) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    Entry& entry = entries_.front();
    if (now - entry.last >= limits_.forget_after) entry.failures = 0;
    return entry;
  }
  if (entries_.size() >= limits_.names) {
    by_name_.erase(entries_.back().name);
    entries_.pop_back();
  }
  entries_.push_front({.name = name, .failures = 0, .last = now, .blocked_until = now});
  by_name_.emplace(name, entries_.begin());
  return entries_.front();
}

milliseconds LogInThrottle::DelayAfter(int failures) const {
  if (failures < limits_.free_failures) return milliseconds(0);
  milliseconds delay = limits_.first_delay;
  for (int i = limits_.free_failures; i < failures && delay < limits_.longest_delay; ++i)
    delay *= 2;
  return std::min(delay, limits_.longest_delay);
}

}  // namespace vedette::identity
