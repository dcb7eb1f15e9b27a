// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace vedette {

class Counter;

namespace config {
class Section;
}  // namespace config

// Client-side throttling after Google's SRE book, chapter 21, with go-zero's weighting: no open and
// half-open states, but a probability of refusal that follows what was accepted lately.
struct BreakerOptions {
  bool enabled = true;  // false: it never refuses and keeps no window
  std::chrono::milliseconds window = std::chrono::seconds(10);
  std::int64_t buckets = 40;
  double k = 1.5;               // refusals begin when total > protection + k · accepted
  double k_minimum = 1.1;       // what k falls to while every bucket failed
  std::int64_t protection = 5;  // so many failures never open it
  std::chrono::milliseconds forced_pass = std::chrono::seconds(1);  // one call passes so often

  void Describe(config::Section& section);
};

// What a call's end says about the thing that is protected.
enum class Outcome : std::uint8_t { kSuccess, kFailure, kNeither };

// Of a call, null for one that succeeded: kDeadlineExceeded, kInternal, kUnavailable and
// kUnimplemented are failures; kCancelled, and kResourceExhausted, the refusal of a limit, are
// neither; everything else is the caller's fault, and success. A guard that refuses by itself what
// a breaker let through, as shedding does, ends the permit as kNeither.
Outcome OutcomeOf(const Error* error);

// Where a breaker counts, if anywhere; they outlive it.
struct BreakerCounters {
  Counter* allowed = nullptr;
  Counter* refused = nullptr;
  Counter* failed = nullptr;
};

// Thread-safe. A call costs some tens of nanoseconds; a refusal, no allocation either.
class Breaker {
 public:
  // One call that was let through. Tell how it ended; untold, as when the caller left, it counts as
  // neither. The breaker outlives it. Movable.
  class Permit {
   public:
    Permit(Permit&& other) noexcept : breaker_(std::exchange(other.breaker_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(breaker_, other.breaker_);
      return *this;
    }
    ~Permit() { End(Outcome::kNeither); }

    // `reason` is a constant text, kept for the status page.
    void End(Outcome outcome, std::string_view reason = {});

   private:
    friend class Breaker;
    explicit Permit(Breaker* breaker) : breaker_(breaker) {}
    Breaker* breaker_;
  };

  struct State {
    std::int64_t total = 0;  // of the window: accepted, failed and refused
    std::int64_t accepted = 0;
    std::int64_t failed = 0;
    std::int64_t refused = 0;
    double refusal_probability = 0;
    std::vector<std::pair<Timestamp, std::string_view>> reasons;  // the last five, newest first
  };

  // `clock` and `random` outlive it.
  Breaker(std::string name,
          const BreakerOptions& options,
          const Clock& clock,
          RandomSource& random,
          BreakerCounters counters = {});
  ~Breaker();
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  // kUnavailable, with retry_after, when refused: what is protected fails too often now.
  Result<Permit> Allow();

  const std::string& name() const;
  State Snapshot() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
