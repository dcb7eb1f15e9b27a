// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "kit/telemetry/trace_context.h"

namespace vedette {

// The moment by which an answer must be there, and the trace that the work is part of: what every
// outgoing call needs to know. It travels from the client to the database; each step may shorten
// it, none may extend it.
struct Deadline {
  SteadyTime time = SteadyTime::max();
  TraceContext trace = {};  // the span under which the work is done; all zero for none

  static Deadline None() { return {}; }
  // None() for a duration beyond what the clock can count.
  static Deadline After(const Clock& clock, std::chrono::nanoseconds duration) {
    const SteadyTime now = clock.SteadyNow();
    if (duration >= SteadyTime::max() - std::max(now, SteadyTime())) return None();
    return {now + std::chrono::duration_cast<SteadyTime::duration>(duration)};
  }

  bool IsSet() const { return time != SteadyTime::max(); }
  bool Passed(const Clock& clock) const { return IsSet() && clock.SteadyNow() >= time; }
  // Of the same trace as this one.
  Deadline Earlier(Deadline other) const { return {std::min(time, other.time), trace}; }
  Deadline Within(const TraceContext& span) const { return {time, span}; }
};

}  // namespace vedette
