// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "base/clock.h"

namespace vedette {

// The last while as equal buckets of time, each a `Bucket` that starts value-initialised. Buckets
// begin at whole intervals after `start`, however late they are looked at. Not thread-safe.
template <class Bucket>
class RollingWindow {
 public:
  // Throws std::logic_error without buckets or for an interval that is not positive.
  RollingWindow(std::size_t buckets, std::chrono::nanoseconds interval, SteadyTime start)
      : buckets_(buckets), interval_(interval), current_begin_(start) {
    if (buckets == 0) throw std::logic_error("a rolling window needs a bucket");
    if (interval <= interval.zero()) throw std::logic_error("a bucket needs a duration");
  }

  // Clears what fell out of the window by `now` and makes the bucket of `now` the current one. True
  // when that is another bucket than before. A `now` of the past changes nothing.
  bool Advance(SteadyTime now) {
    if (now - current_begin_ < interval_) return false;
    const auto intervals = (now - current_begin_) / interval_;
    for (std::size_t i = Passed(now); i > 0; --i) {
      current_ = Next(current_);
      buckets_[current_] = Bucket();
    }
    current_begin_ += intervals * interval_;
    return true;
  }

  // As of the last Advance.
  Bucket& current() { return buckets_[current_]; }

  // The buckets that `now` still sees and that were current once, oldest first.
  template <class Visit>
  void ForEach(SteadyTime now, Visit visit) const {
    VisitFrom(Passed(now), buckets_.size(), visit);
  }

  // The same without the bucket that `now` falls in, which is not complete.
  template <class Visit>
  void ForEachComplete(SteadyTime now, Visit visit) const {
    const std::size_t passed = Passed(now);
    VisitFrom(passed, buckets_.size() - (passed == 0 ? 1 : 0), visit);
  }

 private:
  std::size_t Next(std::size_t index) const { return index + 1 == buckets_.size() ? 0 : index + 1; }

  // Buckets that began after the current one and by `now`, at most all.
  std::size_t Passed(SteadyTime now) const {
    if (now - current_begin_ < interval_) return 0;
    return static_cast<std::size_t>(std::min<std::chrono::nanoseconds::rep>(
        (now - current_begin_) / interval_, static_cast<std::ptrdiff_t>(buckets_.size())));
  }

  // By age: 0 is the oldest bucket, size - 1 the current one.
  template <class Visit>
  void VisitFrom(std::size_t begin, std::size_t end, Visit& visit) const {
    for (std::size_t age = begin; age < end; ++age) {
      visit(buckets_[(current_ + 1 + age) % buckets_.size()]);
    }
  }

  std::vector<Bucket> buckets_;
  std::chrono::nanoseconds interval_;
  std::size_t current_ = 0;
  SteadyTime current_begin_;
};

}  // namespace vedette
